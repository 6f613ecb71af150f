<?php
// The old help desk on PHP's SoapServer, which many old web applications speak SOAP with (Mantis does).
const FILE = __DIR__ . '/tickets.json';
function all(): array { return file_exists(FILE) ? json_decode(file_get_contents(FILE), true) : []; }

class Desk {
    private function checked($login): void {
        if ($login->user !== 'svc' || $login->password !== 's&cret') throw new SoapFault('Client', 'Access Denied');
    }
    public function add($login, $ticket) {
        $this->checked($login);
        if ($ticket->title === '') throw new SoapFault('Server', 'no title', null, new SoapVar('<detail><NoTitle xmlns="urn:example:old"/></detail>', XSD_ANYXML));
        $tickets = all();
        $ticket->id = count($tickets) + 1;
        $tickets[] = $ticket;
        file_put_contents(FILE, json_encode($tickets));
        return $ticket->id;
    }
    public function list($login, $ids) {
        $this->checked($login);
        $found = [];
        foreach (all() as $one) if (in_array((string) $one['id'], $ids)) $found[] = $one;
        return $found;
    }
}
ini_set('soap.wsdl_cache_enabled', '0');
$server = new SoapServer(__DIR__ . '/old.wsdl', ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setClass('Desk');
$server->handle();
