// An answer the auth server gives on purpose, in GoTrue's shape: `code` is the HTTP status, `error_code` the name.
import {type Answer, json} from '../http/exchange.js';

export class AuthError extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly extra: Record<string, unknown>;

  constructor(status: number, errorCode: string, message: string, extra: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.extra = extra;
  }

  get answer(): Answer {
    return json(this.status, {code: this.status, error_code: this.errorCode, msg: this.message, ...this.extra});
  }
}
