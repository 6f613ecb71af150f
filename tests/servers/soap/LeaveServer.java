// The leave register on the JAX-WS reference implementation: every message is validated by the schema, in and out.
//   java example.LeaveServer PORT FOLDER USER PASSWORD TRUSTED.pem
// /leave (SOAP 1.1), /leave12 (SOAP 1.2), /leave-mtom, /leave-user (UsernameToken), /leave-signed (a signature by TRUSTED).
package example;

import com.sun.xml.ws.developer.SchemaValidation;
import example.leave.*;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.math.BigDecimal;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.*;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import javax.activation.DataHandler;
import javax.jws.WebService;
import javax.activation.DataSource;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.namespace.QName;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.ws.*;
import javax.xml.ws.handler.Handler;
import javax.xml.ws.soap.MTOM;
import javax.xml.ws.soap.SOAPBinding;

@WebService(endpointInterface = "example.leave.Leave", serviceName = "LeaveRegister", portName = "Leave11", targetNamespace = "urn:example:leave")
@SchemaValidation
public class LeaveServer implements Leave {
    static final String NS = "urn:example:leave";
    static final Map<Long, Request> REQUESTS = new TreeMap<>();
    static final Map<String, Long> REFERENCES = new HashMap<>();
    static final Map<Long, Document> DOCUMENTS = new HashMap<>();
    static long next = 1000;
    static String language = "";

    // -- faults

    static NotFoundMessage notFound(String what, Object id) {
        NotFound f = new NotFound(); f.setWhat(what); f.setId("" + id);
        return new NotFoundMessage("no " + what + " " + id, f);
    }
    static RefusedMessage refused(String code, String path, String message) {
        Refused f = new Refused(); f.setCode(code);
        Refused.Field e = new Refused.Field(); e.setPath(path); e.setMessage(message); f.getField().add(e);
        return new RefusedMessage("refused: " + code + "\n\tat example.LeaveServer.refused(LeaveServer.java:1)", f);
    }
    static void known(String employee) throws NotFoundMessage { if (employee.startsWith("9")) throw notFound("Employee", employee); }

    // -- reading

    public GetKindsResponse getKinds(GetKinds in, String said) throws NotFoundMessage {
        known(in.getEmployee()); language = said;
        GetKindsResponse out = new GetKindsResponse();
        out.getKind().add(kind("ANNUAL", "nl".equals(said) ? "Vakantie" : "Annual leave", Unit.HOURS));
        out.getKind().add(kind("SPECIAL", "nl".equals(said) ? "Bijzonder verlof" : "Special leave", Unit.DAYS));
        return out;
    }
    static Kind kind(String code, String name, Unit unit) { Kind k = new Kind(); k.setCode(code); k.setValue(name); k.setUnit(unit); k.setLang("en"); return k; }

    public GetBalancesResponse getBalances(GetBalances in) throws NotFoundMessage {
        known(in.getEmployee());
        GetBalancesResponse out = new GetBalancesResponse();
        int year = in.getOn() == null ? 2026 : in.getOn().getYear();
        BigDecimal taken = taken(in.getEmployee(), year);
        Balance b = new Balance(); b.setCode("ANNUAL"); b.setYear(year);
        b.setEntitled(new BigDecimal("200.00")); b.setTaken(taken); b.setRemaining(new BigDecimal("200.00").subtract(taken));
        b.setExpiresOn(xml((year + 1) + "-07-01")); out.getBalance().add(b);
        return out;
    }
    static synchronized BigDecimal taken(String employee, int year) {
        BigDecimal sum = new BigDecimal("0.00");
        for (Request r : REQUESTS.values())
            if (r.getEmployee().equals(employee) && r.getStatus() != Status.WITHDRAWN)
                for (ChargedDay d : r.getChargedDay()) if (d.getDay().getDate().getYear() == year) sum = sum.add(d.getCharged());
        return sum;
    }
    public GetScheduleResponse getSchedule(GetSchedule in) throws NotFoundMessage {
        known(in.getEmployee());
        GetScheduleResponse out = new GetScheduleResponse(); out.setZone("Europe/Amsterdam");
        for (int d = 0; d < 7; d++) out.getWeek().add(new BigDecimal(d < 5 ? "8.00" : "0.00"));
        return out;
    }
    public synchronized GetRequestResponse getRequest(GetRequest in) throws NotFoundMessage {
        GetRequestResponse out = new GetRequestResponse();
        Long number = in.getNumber() != null ? in.getNumber() : REFERENCES.get(in.getReference());
        if (number == null || !REQUESTS.containsKey(number)) throw notFound("Request", in.getNumber() != null ? in.getNumber() : in.getReference());
        out.setRequest(REQUESTS.get(number));
        return out;
    }
    public synchronized ListRequestsResponse listRequests(ListRequests in) throws NotFoundMessage {
        known(in.getEmployee());
        List<Request> all = REQUESTS.values().stream().filter(r -> r.getEmployee().equals(in.getEmployee()))
            .filter(r -> in.getStatus().isEmpty() || in.getStatus().contains(r.getStatus()))
            .sorted(Comparator.comparing((Request r) -> day(r.getChargedDay().get(0).getDay().getDate())).reversed()).collect(Collectors.toList());
        ListRequestsResponse out = new ListRequestsResponse(); out.setTotal(all.size());
        int from = Math.min(in.getOffset(), all.size());
        out.getRequest().addAll(all.subList(from, Math.min(from + in.getLimit(), all.size())));
        return out;
    }

    // -- writing

    public SubmitRequestResponse submitRequest(SubmitRequest in) throws NotFoundMessage, RefusedMessage {
        synchronized (LeaveServer.class) {
            NewRequest asked = in.getRequest();
            known(asked.getEmployee());
            SubmitRequestResponse out = new SubmitRequestResponse();
            if (asked.getReference() != null && REFERENCES.containsKey(asked.getReference())) {
                out.setRequest(REQUESTS.get(REFERENCES.get(asked.getReference())));
                return out;
            }
            Kind kind = "ANNUAL".equals(asked.getKind()) ? kind("ANNUAL", "Annual leave", Unit.HOURS)
                : "SPECIAL".equals(asked.getKind()) ? kind("SPECIAL", "Special leave", Unit.DAYS) : null;
            if (kind == null) throw notFound("Kind", asked.getKind());
            List<Day> days = new ArrayList<>(asked.getDay());
            if (days.isEmpty())
                for (LocalDate d = day(asked.getFrom()); !d.isAfter(day(asked.getUntil())); d = d.plusDays(1)) { WholeDay w = new WholeDay(); w.setDate(xml("" + d)); days.add(w); }
            if (days.isEmpty()) throw refused("PERIOD", "Request/Until", "before From");
            Request made = new Request();
            BigDecimal sum = BigDecimal.ZERO;
            for (Day d : days) {
                for (Request other : REQUESTS.values())
                    if (other.getEmployee().equals(asked.getEmployee()) && other.getStatus() != Status.WITHDRAWN)
                        for (ChargedDay o : other.getChargedDay())
                            if (day(o.getDay().getDate()).equals(day(d.getDate())) && o.getCharged().signum() > 0) throw refused("OVERLAP", "" + other.getNumber(), "overlaps");
                ChargedDay c = new ChargedDay(); c.setDay(d); c.setCharged(charge(d, kind.getUnit())); made.getChargedDay().add(c);
                sum = sum.add(c.getCharged());
            }
            if (sum.signum() == 0) throw refused("NO_WORKING_DAY", "Request/From", "no working day");
            BigDecimal left = new BigDecimal("200.00").subtract(taken(asked.getEmployee(), days.get(0).getDate().getYear()));
            if (kind.getUnit() == Unit.HOURS && sum.compareTo(left) > 0) {
                RefusedMessage e = refused("BALANCE", "Request/Kind", "not enough left"); e.getFaultInfo().setShortBy(sum.subtract(left)); throw e;
            }
            made.setNumber(++next); made.setEmployee(asked.getEmployee()); made.setKind(kind); made.setStatus(Status.REQUESTED);
            made.setRemark(asked.getRemark() == null ? null : asked.getRemark().getValue());
            made.setSubmittedAt(xml(java.time.format.DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(OffsetDateTime.now(ZoneOffset.UTC).withNano(0))));
            REQUESTS.put(made.getNumber(), made);
            if (asked.getReference() != null) REFERENCES.put(asked.getReference(), made.getNumber());
            out.setRequest(made);
            return out;
        }
    }
    static BigDecimal charge(Day d, Unit unit) {
        DayOfWeek w = day(d.getDate()).getDayOfWeek();
        if (w == DayOfWeek.SATURDAY || w == DayOfWeek.SUNDAY) return new BigDecimal("0.00");
        BigDecimal hours = d instanceof SomeHours ? ((SomeHours) d).getHours() : new BigDecimal(d instanceof HalfDay ? "4.00" : "8.00");
        return unit == Unit.HOURS ? hours.setScale(2) : hours.divide(new BigDecimal(8), 2, java.math.RoundingMode.HALF_UP);
    }
    public synchronized WithdrawRequestResponse withdrawRequest(WithdrawRequest in) throws NotFoundMessage, RefusedMessage {
        Request r = REQUESTS.get(in.getNumber());
        if (r == null) throw notFound("Request", in.getNumber());
        if (r.getStatus() != Status.REQUESTED) throw refused("STATE", "Number", "is " + r.getStatus());
        r.setStatus(Status.WITHDRAWN);
        WithdrawRequestResponse out = new WithdrawRequestResponse(); out.setRequest(r);
        return out;
    }
    public AttachDocumentResponse attachDocument(AttachDocument in) throws NotFoundMessage {
        synchronized (LeaveServer.class) {
            Request r = REQUESTS.get(in.getNumber());
            if (r == null) throw notFound("Request", in.getNumber());
            try {
                ByteArrayOutputStream o = new ByteArrayOutputStream(); in.getDocument().getContent().writeTo(o); byte[] bytes = o.toByteArray();
                Document kept = new Document(); kept.setFileName(in.getDocument().getFileName()); kept.setMediaType(in.getDocument().getMediaType());
                kept.setContent(new DataHandler(new Bytes(bytes)));
                DocumentInfo info = new DocumentInfo(); info.setNumber(++next); info.setFileName(kept.getFileName()); info.setSize(bytes.length);
                info.setDigest(MessageDigest.getInstance("SHA-256").digest(bytes));
                DOCUMENTS.put(info.getNumber(), kept); r.getDocument().add(info);
                AttachDocumentResponse out = new AttachDocumentResponse(); out.setDocument(info);
                return out;
            } catch (Exception e) { throw new WebServiceException(e); }
        }
    }
    public GetDocumentResponse getDocument(GetDocument in) throws NotFoundMessage {
        if (!DOCUMENTS.containsKey(in.getNumber())) throw notFound("Document", in.getNumber());
        GetDocumentResponse out = new GetDocumentResponse(); out.setDocument(DOCUMENTS.get(in.getNumber()));
        return out;
    }
    public EchoResponse echo(Echo in) { EchoResponse out = new EchoResponse(); out.setEverything(in.getEverything()); return out; }
    public FailResponse fail(Fail in) throws NotFoundMessage, RefusedMessage {
        if ("refused".equals(in.getHow())) throw refused("BECAUSE", "How", "it was asked for");
        if ("slow".equals(in.getHow())) try { Thread.sleep(30000); } catch (InterruptedException e) { throw new WebServiceException(e); }
        if ("crash".equals(in.getHow())) throw new IllegalStateException("connection to jdbc:oracle:thin:@db/secret lost");
        return new FailResponse();
    }

    static LocalDate day(XMLGregorianCalendar c) { return LocalDate.of(c.getYear(), c.getMonth(), c.getDay()); }
    static XMLGregorianCalendar xml(String s) { try { return DatatypeFactory.newInstance().newXMLGregorianCalendar(s); } catch (Exception e) { throw new WebServiceException(e); } }

    static class Bytes implements DataSource {
        final byte[] bytes;
        Bytes(byte[] bytes) { this.bytes = bytes; }
        public java.io.InputStream getInputStream() { return new java.io.ByteArrayInputStream(bytes); }
        public java.io.OutputStream getOutputStream() { throw new UnsupportedOperationException(); }
        public String getContentType() { return "application/octet-stream"; }
        public String getName() { return "document"; }
    }

    // -- where it listens

    @WebService(endpointInterface = "example.leave.Leave", serviceName = "LeaveRegister", portName = "Leave11", targetNamespace = NS)
    @SchemaValidation @MTOM(threshold = 1024)
    public static class WithMtom extends LeaveServer {}

    @WebService(endpointInterface = "example.leave.Leave", serviceName = "LeaveRegister", portName = "Leave12", targetNamespace = NS)
    @SchemaValidation @BindingType(javax.xml.ws.soap.SOAPBinding.SOAP12HTTP_BINDING)
    public static class With12 extends LeaveServer {}

    static void publish(String address, Object implementor, File folder, String port, Handler<?>... handlers) {
        Endpoint e = Endpoint.create(implementor);
        List<Source> metadata = new ArrayList<>();
        for (String n : List.of("leave.wsdl", "types.xsd", "xmlmime.xsd", "xml.xsd")) { StreamSource s = new StreamSource(new File(folder, n)); s.setSystemId(new File(folder, n).toURI().toString()); metadata.add(s); }
        e.setMetadata(metadata);
        e.setProperties(Map.of(Endpoint.WSDL_SERVICE, new QName(NS, "LeaveRegister"), Endpoint.WSDL_PORT, new QName(NS, port)));
        if (handlers.length > 0) ((SOAPBinding) e.getBinding()).setHandlerChain(List.of(handlers));
        e.setExecutor(Executors.newFixedThreadPool(8));
        e.publish(address);
    }
    public static void main(String[] a) throws Exception {
        String base = "http://127.0.0.1:" + a[0]; File folder = new File(a[1]);
        publish(base + "/leave", new LeaveServer(), folder, "Leave11");
        publish(base + "/leave12", new With12(), folder, "Leave12");
        publish(base + "/leave-mtom", new WithMtom(), folder, "Leave11");
        publish(base + "/leave-user", new LeaveServer(), folder, "Leave11", new Checked(a[2], a[3], null));
        KeyStore trusted = KeyStore.getInstance("PKCS12"); trusted.load(null, null);
        try (FileInputStream f = new FileInputStream(a[4])) { trusted.setCertificateEntry("client", CertificateFactory.getInstance("X.509").generateCertificate(f)); }
        publish(base + "/leave-signed", new LeaveServer(), folder, "Leave11", new Checked(null, null, trusted));
        System.out.println("ready");
    }
}
