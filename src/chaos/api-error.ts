/** What the HTTP API answers when it cannot do what it is asked. */

/** An error with the status of its HTTP answer. Its message is toxiproxy's where there is one. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}
