/** The application of `nestjs.mjs`: a gateway over HTTP, and the two microservices behind it. */
import {
  type ArgumentsHost,
  Body,
  type CanActivate,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  UseFilters,
  UseGuards,
} from "@nestjs/common";
import type { ClientProxy } from "@nestjs/microservices";
import {
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} from "@nestjs/microservices";
import { firstValueFrom, type Observable, from, timeout } from "rxjs";

/** What metadata of types is for: the classes are found by the types of the parameters alone. */
@Injectable()
export class Ledger {
  readonly entries: string[] = [];

  add(entry: string): number {
    return this.entries.push(entry);
  }
}

@Injectable()
export class Cats {
  readonly names = new Map([[1, "Tom"]]);

  constructor(private readonly ledger: Ledger) {}

  find(id: number): string {
    const name = this.names.get(id);
    if (name === undefined) throw new NotFoundException(`no cat ${id}`);
    this.ledger.add(`found ${id}`);
    return name;
  }
}

@Injectable()
class Guard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest().headers["x-key"] === "secret";
  }
}

@Catch(RpcException)
class Filter implements ExceptionFilter {
  catch(exception: RpcException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(502).json({ behind: exception.getError() });
  }
}

@Controller()
class Workers {
  constructor(private readonly ledger: Ledger) {}

  @MessagePattern({ cmd: "sum" })
  sum(@Payload() numbers: number[]): number {
    if (numbers.length === 0) throw new RpcException("nothing to add");
    return numbers.reduce((a, b) => a + b, 0);
  }

  @MessagePattern("count")
  count(to: number): Observable<number> {
    return from(Array.from({ length: to }, (_, i) => i + 1));
  }

  @EventPattern("noted")
  noted(text: string): void {
    this.ledger.add(`noted ${text}`);
  }
}

@Controller("cats")
class Gateway {
  constructor(
    private readonly cats: Cats,
    private readonly ledger: Ledger,
    @Inject("TCP") private readonly tcp: ClientProxy,
    @Inject("REDIS") private readonly redis: ClientProxy,
  ) {}

  @Get("ledger")
  entries(): readonly string[] {
    return this.ledger.entries;
  }

  @Get(":id")
  find(@Param("id", ParseIntPipe) id: number): { name: string } {
    return { name: this.cats.find(id) };
  }

  @Post("sum/:over")
  @UseGuards(Guard)
  async sum(@Param("over") over: string, @Body() numbers: number[]): Promise<unknown> {
    const client = over === "tcp" ? this.tcp : this.redis;
    try {
      return {
        sum: await firstValueFrom(client.send({ cmd: "sum" }, numbers).pipe(timeout(20_000))),
      };
    } catch (error) {
      throw new HttpException({ behind: error }, 502);
    }
  }

  @Get("count/:to")
  @UseFilters(Filter)
  async count(@Param("to", ParseIntPipe) to: number): Promise<number[]> {
    const seen: number[] = [];
    await this.redis.send("count", to).forEach((n: number) => void seen.push(n));
    this.tcp.emit("noted", `tcp ${to}`);
    this.redis.emit("noted", `redis ${to}`);
    return seen;
  }
}

@Module({})
export class AppModule {
  static with(tcpPort: number, redis: { host: string; port: number }): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ClientsModule.register([
          { name: "TCP", transport: Transport.TCP, options: { port: tcpPort } },
          { name: "REDIS", transport: Transport.REDIS, options: redis },
        ]),
      ],
      controllers: [Gateway, Workers],
      providers: [Ledger, Cats],
    };
  }
}
