"""SOAP: requests written and replies read by a plan that is compiled once from the WSDL; what is sent goes over the http wire."""
