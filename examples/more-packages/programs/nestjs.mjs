/** NestJS from TypeScript with decorators: HTTP in front of TCP and Redis microservices, injection, pipes, guards, filters, events, a crash. */
import { client } from "./beside/nestjs-client.mjs";
import { loadTypeScript } from "./beside/load-typescript.mjs";
import { port, ready, roles, url } from "./roles.mjs";
import { NestFactory } from "@nestjs/core";
import { Transport } from "@nestjs/microservices";
import { Server } from "../../../dist/blocks/redis/server.js";

await roles({
  async server() {
    const { AppModule } = await loadTypeScript("nestjs/app.module");
    const redis = { host: "127.0.0.1", port: port + 1, retryAttempts: 100, retryDelay: 20 };
    await new Server({}).listen(redis.port, "127.0.0.1");
    const app = await NestFactory.create(AppModule.with(port + 2, redis), { logger: false });
    app.connectMicroservice({ transport: Transport.TCP, options: { port: port + 2 } });
    app.connectMicroservice({ transport: Transport.REDIS, options: redis });
    await app.startAllMicroservices();
    await app.listen(port);
    ready();
  },
  client: () => client(url),
});
