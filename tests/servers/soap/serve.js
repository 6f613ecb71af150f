// The leave register on node-soap: node serve.js PORT WSDL MODULES USER PASSWORD
// It answers as node-soap does: children of imported types are in the wrong namespace, a login that fails is a fault in the
// shape of SOAP 1.2 with HTTP 401, and no request is validated.
const http = require('http'), path = require('path'), fs = require('fs'), crypto = require('crypto');
const [port, wsdl, modules, user, password] = process.argv.slice(2);
const soap = require(path.join(modules, 'soap'));

const text = (x) => (x && typeof x === 'object' ? x.$value : x);
const day = (x) => (x instanceof Date ? x.toISOString().slice(0, 10) : text(x));
const fault = (code, name, detail) => {
  throw { Fault: { faultcode: code, faultstring: 'refused: ' + name + '\n    at serve.js:1:1', detail: { [name]: { attributes: { xmlns: 'urn:example:leave' }, ...detail } } } };
};
const operations = {
  GetBalances: (a) => {
    const employee = text(a.Employee);
    if (employee.startsWith('9')) fault('soap:Server', 'NotFound', { What: 'Employee', Id: employee });
    return { Balance: [{ attributes: { code: 'ANNUAL', year: 2026 }, Entitled: '200', Taken: '8.5', Remaining: '191.50' }] };
  },
  GetKinds: () => ({ Kind: [{ attributes: { code: 'ANNUAL', unit: 'HOURS' }, $value: 'Annual leave & more' }] }),
  ListRequests: () => ({ Total: 0 }),
  Echo: (a) => ({ Everything: { Text: text(a.Everything.Text), Flag: text(a.Everything.Flag), Date: day(a.Everything.Date), Number: a.Everything.Number } }),
  Fail: (a) => { if (text(a.How) === 'crash') throw new Error('no connection to the database'); return {}; },
};
const all = {};
for (const [name, made] of Object.entries(operations)) all[name] = (args) => made(args);
const services = { LeaveRegister: { Leave11: all, Leave12: all } };

const server = http.createServer((req, res) => { res.statusCode = 404; res.end(); });
server.listen(Number(port), '127.0.0.1', () => {
  const options = { services, xml: fs.readFileSync(wsdl, 'utf8'), uri: path.resolve(wsdl), callback: () => console.log('ready') };
  soap.listen(server, { path: '/leave', ...options });
  const checked = soap.listen(server, { path: '/leave-user', ...options });
  checked.authenticate = (security) => {
    const token = security && security.UsernameToken;
    if (!token || text(token.Username) !== user) return false;
    const type = (token.Password.attributes && token.Password.attributes.Type) || '';
    if (!/PasswordDigest$/.test(type)) return text(token.Password) === password;
    const hash = crypto.createHash('sha1');
    hash.update(Buffer.from(text(token.Nonce), 'base64')); hash.update(text(token.Created)); hash.update(password);
    return hash.digest('base64') === text(token.Password);
  };
});
