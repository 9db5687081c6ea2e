/** soap: a service described by WSDL, its client made from that description, and a fault. */
import http from "node:http";
import soap from "soap";
import { port, ready, roles, say, url } from "./roles.mjs";

const wsdl = `<?xml version="1.0"?>
<definitions name="Bank" targetNamespace="urn:bank" xmlns:tns="urn:bank"
  xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <message name="WithdrawRequest"><part name="amount" type="xsd:int"/></message>
  <message name="WithdrawResponse"><part name="balance" type="xsd:int"/></message>
  <portType name="BankPort"><operation name="Withdraw">
    <input message="tns:WithdrawRequest"/><output message="tns:WithdrawResponse"/>
  </operation></portType>
  <binding name="BankBinding" type="tns:BankPort">
    <soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Withdraw"><soap:operation soapAction="Withdraw"/>
      <input><soap:body use="literal" namespace="urn:bank"/></input>
      <output><soap:body use="literal" namespace="urn:bank"/></output>
    </operation>
  </binding>
  <service name="BankService"><port name="BankPort" binding="tns:BankBinding">
    <soap:address location="http://placeholder/bank"/>
  </port></service>
</definitions>`;

await roles({
  server() {
    let balance = 100;
    const BankPort = {
      Withdraw({ amount }) {
        if (Number(amount.$value ?? amount) > balance) {
          throw { Fault: { faultcode: "soap:Client", faultstring: "not enough money" } };
        }
        balance -= Number(amount.$value ?? amount);
        return { balance };
      },
    };
    const server = http.createServer((_request, response) => response.writeHead(404).end());
    server.listen(port, () => {
      soap.listen(server, "/bank", { BankService: { BankPort } }, wsdl, ready);
    });
  },
  async client() {
    const client = await soap.createClientAsync(`${url}/bank?wsdl`, { endpoint: `${url}/bank` });
    say("methods", Object.keys(client.describe().BankService.BankPort));
    say("withdraw", (await client.WithdrawAsync({ amount: 30 }))[0]);
    say("withdraw", (await client.WithdrawAsync({ amount: 50 }))[0]);
    const fault = await client.WithdrawAsync({ amount: 50 }).catch((error) => error);
    say("fault", fault.root?.Envelope?.Body?.Fault?.faultstring ?? fault.message);
  },
});
