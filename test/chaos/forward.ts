// One request to the backend, and its whole answer.
import {once} from 'node:events';
import {request, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions} from 'node:http';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Rejects when the backend is gone before it has answered. */
export async function forward(to: RequestOptions, body: Buffer): Promise<Answer> {
  const question = request(to);
  question.end(body);
  const [answer] = (await once(question, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return {status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks)};
}
