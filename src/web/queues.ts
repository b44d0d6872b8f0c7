// The queue dashboard (bull-board) at /queues: readable for operators, writable for admins. It is third-party, so it has its own content security
// policy, as strict as possible: nothing external, and no inline scripts.

import express, { type Request, type Response, type Router } from 'express';
import { accessOf } from '../agent/http/guard.ts';
import { PAGE_ERROR } from '../messages/pages/pages.ts';
import { mayAs } from '../model/person.ts';
import { errorPage } from './html/error-page.ts';
import type { Show } from './send.ts';
import { askToSignIn } from './sign-in.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The dashboard uses inline styles.
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The dashboard links a font from another site, which the policy forbids. */
const FROM_ELSEWHERE = /<link\b[^>]*\bhref="(?:https?:)?\/\/[^>]*>/gi;

/** Handles a request of the dashboard; loaded on first use. */
export type ShowQueues = (
  may: 'look' | 'change',
  request: Request,
  response: Response,
  next: (error?: unknown) => void,
) => Promise<void>;

/** @param queues null if this process has none */
export function queueRoutes(queues: ShowQueues | null, show: Show): Router {
  const routes = express.Router();
  if (queues === null) return routes;
  // Not mounted at the path, so that links of the pages shown here are made from the whole one.
  routes.use((request, response, next) => {
    if (!/^\/queues(\/|$)/i.test(request.path)) return next();
    const person = accessOf(request).person(request);
    if (person === null) return askToSignIn(show, request, response, 401, { to: '/queues/', wrong: null });
    if (mayAs(person.role, 'operator')) return next();
    show(request, response, 403, errorPage(PAGE_ERROR.mayNot(person.name, person.role, 'operator')));
  });
  routes.use('/queues', async (request, response, next) => {
    const role = accessOf(request).person(request)?.role ?? 'reader';
    // Asked again where the dashboard is, so that nothing depends on two patterns that have to match the same paths.
    if (!mayAs(role, 'operator')) return next();
    response.setHeader('content-security-policy', POLICY);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'same-origin');
    response.setHeader('cache-control', 'no-store');
    withoutForeignLinks(response);
    await queues(mayAs(role, 'admin') ? 'change' : 'look', request, response, next);
  });
  return routes;
}

/** Only affects HTML; API responses of the dashboard are unchanged. */
function withoutForeignLinks(response: Response): void {
  const send = response.send.bind(response);
  response.send = (body?: unknown) => {
    const isDocument = typeof body === 'string' && /^\s*<!doctype html/i.test(body);
    return send(isDocument ? body.replaceAll(FROM_ELSEWHERE, '') : body);
  };
}
