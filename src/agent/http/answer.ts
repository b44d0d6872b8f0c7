// Every answer of the door that is no page: one JSON document or plain text, never a stack trace, nothing for a browser to guess.

import type { ServerResponse } from 'node:http';

/** What went wrong and what to do about it. */
export interface Failure {
  readonly message: string;
  readonly hint: string;
}

/** Does nothing when the request has been answered already, as one that took too long has. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

/** The same in plain text. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain', text);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    // Told ahead, so that it goes out in one write with the headers.
    'content-length': Buffer.byteLength(text),
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
  });
  response.end(text);
}

export function fail(response: ServerResponse, status: number, error: Failure): void {
  answer(response, status, { error });
}
