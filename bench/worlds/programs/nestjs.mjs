/** The least of a NestJS application. Decorators are called as functions, so no compiler is needed. */
import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

class Hello {
  hello() {
    return { hello: "world" };
  }
}
Controller()(Hello);
Get()(Hello.prototype, "hello", Object.getOwnPropertyDescriptor(Hello.prototype, "hello"));
class App {}
Module({ controllers: [Hello] })(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(80);
