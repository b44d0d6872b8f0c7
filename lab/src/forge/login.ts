// The credentials that a client of the lab forge sends.

import type { Request } from 'express';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Reads `Basic`, `token` and `Bearer` authentication: Git sends the first, API clients the others. */
export function loginOf(request: Request): Login | undefined {
  const [scheme = '', value = ''] = (request.get('authorization') ?? '').split(' ');
  if (/^(token|bearer)$/i.test(scheme)) return { user: 'token', password: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const decoded = Buffer.from(value, 'base64').toString();
  const colon = decoded.indexOf(':');
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
