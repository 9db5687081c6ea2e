/** HTTP of both versions taken apart, with what travels in it: JSON, GraphQL, SOAP, WebSocket, gRPC. */
import { describe, expect, it } from "vitest";
import { dissect } from "../../src/dissect/index.ts";
import { packets, told, tree } from "./support.ts";

describe("HTTP/1", () => {
  it("shows pipelined requests with their replies, to HEAD too, and bodies in chunks", () => {
    const sent = packets(
      [
        0,
        "GET /cart/7?x=1 HTTP/1.1\r\nHost: shop\r\n\r\nHEAD / HTTP/1.1\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 7\r\n",
      ],
      [0, 'Content-Type: application/json\r\n\r\n{"a":1}'],
      [
        1,
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{"tot\r\n8;x=y\r\nal": 12}\r\n0\r\n\r\n',
      ],
      [
        1,
        "HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
      ],
    );
    const { messages } = dissect(sent);
    expect(told(sent)).toEqual([
      "> GET /cart/7?x=1",
      "> HEAD /",
      '> POST /a 7 B JSON {"a":1}',
      '< 200 OK 13 B JSON {"total": 12}',
      "< 200 OK",
      "- 100 Continue",
      "< 204 No Content",
    ]);
    expect(messages[2]?.partner?.flat).toEqual({ "http.status": 204 });
    expect(messages[0]?.flat).toEqual({
      "http.method": "GET",
      "http.path": "/cart/7?x=1",
      "http.host": "shop",
    });
    const body = messages[2]?.fields.at(-1);
    expect(tree(body ? [body] : [])).toEqual(['130-137 JSON: {"a":1}', "  135-136 a: 1"]);
  });

  it("takes a body without a length to the end, and says where a message was cut", () => {
    expect(told(packets([1, "HTTP/1.0 200 OK\r\n\r\nhello"], [1, " there"]))).toEqual([
      "< 200 OK 11 B text hello there",
    ]);
    expect(told(packets([0, "PUT /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"]))).toEqual([
      "> PUT /a 3 B text abc (cut after 3 B)",
    ]);
  });

  it("reads GraphQL and SOAP in bodies", () => {
    const post = (type: string, body: string): string =>
      `POST /api HTTP/1.1\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const reply = (type: string, body: string): string =>
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const soap = (body: string): string =>
      `<?xml version="1.0"?><s:Envelope xmlns:s="x"><s:Header/><s:Body>${body}</s:Body></s:Envelope>`;
    const sent = packets(
      [
        0,
        post(
          "application/json",
          '{"query":"mutation Add($n: Int) {\\n add(n: $n) { id } }","variables":{"n":1}}',
        ),
      ],
      [1, reply("application/json", '{"errors":[{"message":"sold out"}],"data":null}')],
      [0, post("text/xml", soap("<m:GetPrice><m:Item>Tea</m:Item></m:GetPrice>"))],
      [
        1,
        reply(
          "text/xml",
          soap("<s:Fault><faultcode>Server</faultcode><faultstring>no tea</faultstring></s:Fault>"),
        ),
      ],
      [0, "GET /graphql?query=%7Bcart%7Bid%7D%7D HTTP/1.1\r\n\r\n"],
    );
    expect(told(sent)).toEqual([
      "> POST /api GraphQL mutation Add",
      "< 200 OK GraphQL error sold out",
      "> POST /api SOAP GetPrice",
      "< 200 OK SOAP fault no tea",
      "> GET /graphql GraphQL query cart",
    ]);
    const { messages } = dissect(sent);
    expect(messages.map(({ flat }) => flat["graphql.operation"] ?? flat["soap.operation"])).toEqual(
      ["Add", undefined, "GetPrice", "Fault", "cart"],
    );
  });

  it("goes over to WebSocket where both sides do, and takes the mask off", () => {
    const sent = packets(
      [0, "GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
      [1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
      // RFC 6455, section 5.7: "Hello" unmasked, masked, and in two fragments; a ping and its pong.
      [1, "0x81 05 48 65 6c 6c 6f"],
      [0, "0x81 85 37 fa 21 3d 7f 9f 4d 51 58"],
      [1, "0x01 03 48 65 6c 80 02 6c 6f"],
      [1, "0x89 05 48 65 6c 6c 6f"],
      [0, "0x8a 85 37 fa 21 3d 7f 9f 4d 51 58"],
      [1, "0x88 02 03 e8"],
    );
    expect(told(sent)).toEqual([
      "> GET /chat",
      "< 101 Switching Protocols",
      "- ws 5 B text Hello",
      "- ws 5 B text Hello",
      "- ws text fragment, 3 B text Hel",
      "- ws 5 B text Hello",
      "> ws ping Hello",
      "< ws pong Hello",
      "- ws close 1000",
    ]);
  });
});
