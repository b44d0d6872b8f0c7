// Responses of the HTTP server other than pages: one JSON document or plain text, never a stack trace, and no content sniffing.

import type { ServerResponse } from 'node:http';

/** An error response: what went wrong and what to do about it. */
export interface Failure {
  readonly message: string;
  readonly hint: string;
}

/** Does nothing when the request has already been answered, as after a timeout. */
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
    // Set explicitly, so that body and headers are sent in one write.
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
