/** @connectrpc/connect-node: the Connect, gRPC and gRPC-web protocols, streams, errors, over HTTP/2 and 1.1. */
import { create } from "@bufbuild/protobuf";
import { fileDesc, messageDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import http2 from "node:http2";
import { port, ready, roles, say, url } from "./roles.mjs";

// syntax = "proto3"; package greet; message Text { string value = 1; }
// service Greet { rpc Hello (Text) returns (Text); rpc Spell (Text) returns (stream Text); }
const file = fileDesc(
  "CgtncmVldC5wcm90bxIFZ3JlZXQiFQoEVGV4dBINCgV2YWx1ZRgBIAEoCTJWCgVHcmVldBIjCgVIZWxsbxILLmdyZWV0LlRleHQaCy5ncmVldC5UZXh0IgASKAoFU3BlbGwSCy5ncmVldC5UZXh0GgsuZ3JlZXQuVGV4dCIAMAFiBnByb3RvMw==",
);
const Text = messageDesc(file, 0);
const Greet = serviceDesc(file, 0);

await roles({
  server() {
    const routes = (router) =>
      router.service(Greet, {
        hello({ value }) {
          if (value === "") throw new ConnectError("who?", Code.InvalidArgument);
          return create(Text, { value: `hello ${value}` });
        },
        async *spell({ value }) {
          for (const letter of value) yield create(Text, { value: letter });
        },
      });
    http2.createServer(connectNodeAdapter({ routes })).listen(port, ready);
  },
  async client() {
    const options = { baseUrl: url, httpVersion: "2" };
    const transports = {
      connect: createConnectTransport(options),
      grpc: createGrpcTransport(options),
      "grpc-web": createGrpcWebTransport(options),
    };
    for (const [name, transport] of Object.entries(transports)) {
      const client = createClient(Greet, transport);
      say(name, (await client.hello({ value: "ada" })).value);
      const letters = [];
      for await (const { value } of client.spell({ value: "abc" })) letters.push(value);
      say(name, letters);
      const error = await client.hello({ value: "" }).catch((thrown) => thrown);
      say(name, Code[error.code], error.rawMessage);
    }
  },
});
