// Sends pages and assets with a content security policy that only allows own resources.

import type { Request, Response } from 'express';
import type { Asset } from './assets.ts';
import type { Page } from './html/document.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  // Forms need a referrer for the origin check, which is not sent to other sites.
  'referrer-policy': 'same-origin',
} as const;

/** Does nothing if the request was already answered, as after a timeout. */
export function sendPage(response: Response, status: number, page: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    ...HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
  });
  response.end(page);
}

export function sendAsset(response: Response, { type, content }: Asset): void {
  response.writeHead(200, {
    ...HEADERS,
    'content-type': type,
    'content-length': content.length,
    'cache-control': 'public, max-age=31536000, immutable',
  });
  response.end(content);
}

/** Sends a page as the answer to a request. */
export type Show = (request: Request, response: Response, status: number, page: Page) => void;
