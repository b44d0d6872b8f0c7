// Who a client of the lab forge says it is.

import type { Request } from 'express';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** From `Basic`, `token` or `Bearer`; Git sends the first, programs the others. */
export function loginOf(request: Request): Login | undefined {
  const [scheme = '', value = ''] = (request.get('authorization') ?? '').split(' ');
  if (/^(token|bearer)$/i.test(scheme)) return { user: 'token', password: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const decoded = Buffer.from(value, 'base64').toString();
  const colon = decoded.indexOf(':');
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
