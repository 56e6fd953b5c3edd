// Sends one request, whole or with its very bytes mangled, and judges the answer.
import {Agent, request as httpRequest} from 'node:http';
import {connect} from 'node:net';
import {faultOfAnswer, type HttpAnswer, reachedPostgres} from './judge.js';
import {mutateBytes, type Random} from './random.js';
import type {SomeRequest} from './requests.js';

const patienceMs = 30_000;

export interface Judged {
  /** `none`: the connection was closed without an answer. */
  status: number | 'none';
  fault: string | undefined;
  /** Set when Postgres had a say. */
  reached?: boolean;
}

export async function sendRequest(url: string, request: SomeRequest, agent: Agent): Promise<Judged> {
  const {method, path, headers, body} = request;
  return new Promise(done => {
    const sent = httpRequest(
      `${url}/`,
      {method, path, headers: {...headers, 'content-length': Buffer.byteLength(body)}, agent, timeout: patienceMs},
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', error => done({status: 'none', fault: String(error)}));
        response.on('end', () => {
          const answer: HttpAnswer = {
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? '',
            body: Buffer.concat(chunks).toString(),
          };
          const error = /error=(\w+)/.exec(String(response.headers['proxy-status'] ?? ''))?.[1] ?? '';
          const reached = reachedPostgres(method, path, {status: answer.status, error});
          done({status: answer.status, fault: faultOfAnswer(method, path, answer), reached});
        });
      },
    );
    sent.on('timeout', () => {
      done({status: 'none', fault: `no answer in ${patienceMs} ms`});
      sent.destroy();
    });
    // Node's server may hang up on what is no HTTP; a good request must be answered.
    const headSize = Object.values(headers).join('').length + path.length;
    const excused = headers['upgrade'] !== undefined || headSize > 10_000;
    sent.on('error', error => {
      // A kept connection may have been closed by the answer before, while we were already writing.
      if (sent.reusedSocket && !excused) done(sendRequest(url, request, new Agent()));
      else done({status: 'none', fault: excused ? undefined : String(error)});
    });
    sent.end(body);
  });
}

/** Answers to broken HTTP may be Node's own; only what looks like ours is judged. */
export function sendMangled(url: string, request: SomeRequest, _agent: Agent, random: Random): Promise<Judged> {
  const {hostname, port} = new URL(url);
  const head = Object.entries({...request.headers, host: 'x', connection: 'close'}).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const body = Buffer.from(request.body).subarray(0, 5000);
  const length = `content-length: ${body.length}`;
  const text = `${request.method} ${request.path} HTTP/1.1\r\n${[...head, length].join('\r\n')}\r\n\r\n`;
  const bytes = mutateBytes(random, Buffer.concat([Buffer.from(text), body]));
  return new Promise(done => {
    const socket = connect(Number(port), hostname);
    let heard = '';
    const timer = setTimeout(() => {
      socket.destroy();
      done({status: 'none', fault: `no end in ${patienceMs} ms`});
    }, patienceMs);
    socket.on('data', chunk => (heard += chunk.toString()));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      clearTimeout(timer);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1];
      const fault = heard.includes('"internal_error"')
        ? `an internal error for ${JSON.stringify(bytes.toString())}`
        : undefined;
      done({status: status === undefined ? 'none' : Number(status), fault});
    });
    socket.end(bytes);
  });
}
