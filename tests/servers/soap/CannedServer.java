// Any document/literal WSDL on the JAX-WS reference implementation: requests and answers are validated by its schemas, the
// answer to {namespace}Name is the file FOLDER/Name.xml.
//   java example.CannedServer PORT WSDL FOLDER SERVICE-NAMESPACE SERVICE PORT-NAME
package example;

import com.sun.xml.ws.developer.SchemaValidationFeature;
import java.io.File;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.Executors;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.Source;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import javax.xml.ws.*;
import org.xml.sax.InputSource;

@WebServiceProvider
@ServiceMode(Service.Mode.PAYLOAD)
public class CannedServer implements Provider<Source> {
    final Path folder;
    CannedServer(Path folder) { this.folder = folder; }

    public Source invoke(Source request) {
        try {
            StringWriter text = new StringWriter();
            TransformerFactory.newInstance().newTransformer().transform(request, new StreamResult(text));
            DocumentBuilderFactory f = DocumentBuilderFactory.newInstance(); f.setNamespaceAware(true);
            String name = f.newDocumentBuilder().parse(new InputSource(new StringReader(text.toString()))).getDocumentElement().getLocalName();
            Files.writeString(folder.resolve(name + ".seen"), text.toString());
            return new StreamSource(new StringReader(Files.readString(folder.resolve(name + ".xml"))));
        } catch (Exception e) { throw new WebServiceException(e); }
    }
    public static void main(String[] a) throws Exception {
        File wsdl = new File(a[1]);
        Endpoint e = Endpoint.create(null, new CannedServer(Path.of(a[2])), new SchemaValidationFeature());
        List<Source> metadata = new ArrayList<>();
        for (File f : Objects.requireNonNull(wsdl.getAbsoluteFile().getParentFile().listFiles((d, n) -> n.equals(wsdl.getName()) || n.endsWith(".xsd")))) {
            StreamSource s = new StreamSource(f); s.setSystemId(f.toURI().toString()); metadata.add(s);
        }
        e.setMetadata(metadata);
        e.setProperties(Map.of(Endpoint.WSDL_SERVICE, new QName(a[3], a[4]), Endpoint.WSDL_PORT, new QName(a[3], a[5])));
        e.setExecutor(Executors.newFixedThreadPool(8));
        e.publish("http://127.0.0.1:" + a[0] + "/service");
        System.out.println("ready");
    }
}
