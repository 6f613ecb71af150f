// Checks the WS-Security header with Apache WSS4J: a UsernameToken (text or digest), or a signature over body and timestamp.
package example;

import java.security.KeyStore;
import java.util.*;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.xml.namespace.QName;
import javax.xml.soap.SOAPException;
import javax.xml.soap.SOAPFactory;
import javax.xml.soap.SOAPFault;
import javax.xml.soap.SOAPPart;
import javax.xml.ws.WebServiceException;
import javax.xml.ws.handler.MessageContext;
import javax.xml.ws.handler.soap.SOAPHandler;
import javax.xml.ws.handler.soap.SOAPMessageContext;
import javax.xml.ws.soap.SOAPFaultException;
import org.apache.ws.security.WSConstants;
import org.apache.ws.security.WSDataRef;
import org.apache.ws.security.WSPasswordCallback;
import org.apache.ws.security.WSSecurityEngine;
import org.apache.ws.security.WSSecurityEngineResult;
import org.apache.ws.security.WSSecurityException;
import org.apache.ws.security.components.crypto.Merlin;

public class Checked implements SOAPHandler<SOAPMessageContext> {
    static final QName SECURITY = new QName("http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd", "Security");
    final String user, password;
    final KeyStore trusted;
    Checked(String user, String password, KeyStore trusted) { this.user = user; this.password = password; this.trusted = trusted; }

    public Set<QName> getHeaders() { return Set.of(SECURITY); }
    public boolean handleFault(SOAPMessageContext c) { return true; }
    public void close(MessageContext c) {}

    public boolean handleMessage(SOAPMessageContext c) {
        if ((Boolean) c.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY)) return true;
        try {
            CallbackHandler passwords = callbacks -> { for (Callback cb : callbacks) if (cb instanceof WSPasswordCallback) {
                WSPasswordCallback p = (WSPasswordCallback) cb; if (user != null && user.equals(p.getIdentifier())) p.setPassword(password); } };
            Merlin crypto = null;
            if (trusted != null) { crypto = new Merlin(); crypto.setKeyStore(trusted); crypto.setTrustStore(trusted); }
            SOAPPart part = c.getMessage().getSOAPPart();
            List<WSSecurityEngineResult> results = new WSSecurityEngine().processSecurityHeader(part, null, passwords, crypto, crypto);
            if (results == null || results.isEmpty()) throw new WSSecurityException(WSSecurityException.INVALID_SECURITY);
            if (trusted != null) signed(results);
            return true;
        } catch (SOAPFaultException e) { throw e; } catch (Exception e) {
            try {
                SOAPFault f = SOAPFactory.newInstance().createFault();
                QName code = e instanceof WSSecurityException && ((WSSecurityException) e).getFaultCode() != null
                    ? ((WSSecurityException) e).getFaultCode() : new QName(SECURITY.getNamespaceURI(), "InvalidSecurity", "wsse");
                f.setFaultCode(new QName(code.getNamespaceURI(), code.getLocalPart(), "wsse")); f.setFaultString("" + e.getMessage());
                throw new SOAPFaultException(f);
            } catch (SOAPException x) { throw new WebServiceException(x); }
        }
    }
    /** The body and the timestamp have to be among what was signed. */
    static void signed(List<WSSecurityEngineResult> results) throws WSSecurityException {
        Set<String> names = new HashSet<>();
        for (WSSecurityEngineResult r : results) {
            Integer action = (Integer) r.get(WSSecurityEngineResult.TAG_ACTION);
            if (action != null && action == WSConstants.SIGN)
                for (Object ref : (List<?>) r.get(WSSecurityEngineResult.TAG_DATA_REF_URIS)) names.add(((WSDataRef) ref).getName().getLocalPart());
        }
        if (!names.containsAll(Set.of("Body", "Timestamp"))) throw new WSSecurityException(WSSecurityException.FAILED_CHECK);
    }
}
