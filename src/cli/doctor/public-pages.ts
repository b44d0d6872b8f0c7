// Checks whether the pages are publicly readable at the public address. A proxy without forwarding headers makes all clients look local, which only
// shows when connecting through that proxy.

import { certificateFault } from '../../io/authorities.ts';
import type { Settings } from '../../settings.ts';
import type { Diagnostic } from './diagnostic.ts';

const CHECK = 'pages';
const ANSWER_MS = 8_000;
const LOOPBACK = /^(?:(?:.*\.)?localhost|127\.[\d.]+|\[::1\])$/;

/** No check without public address or with public pages. */
export async function checkPublicPages({ publicUrl, pages }: Settings): Promise<readonly Diagnostic[]> {
  if (publicUrl === null || pages === 'open' || LOOPBACK.test(new URL(publicUrl).hostname)) return [];
  try {
    const request = { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) } as const;
    return [classifyPublicPages((await fetch(`${publicUrl}/api/status`, request)).status)];
  } catch (error) {
    const certificate = certificateFault(error);
    const message = certificate === null ? `nothing answers at ${publicUrl}` : `${publicUrl}: ${certificate.what}`;
    return [{ check: CHECK, state: 'skipped', message, hint: certificate?.remedy ?? null }];
  }
}

/**
 * Pure.
 *
 * @param status of an API request without token
 */
export function classifyPublicPages(status: number): Diagnostic {
  if (status === 200) {
    return {
      check: CHECK,
      state: 'failed',
      message: 'PHOENIX_PUBLIC_URL shows runs and targets to everybody, since its proxy sends no forwarding headers',
      hint: 'let the proxy pass on Host and X-Forwarded-For (deploy/README.md shows how for nginx)',
    };
  }
  if (status === 401 || status === 403) {
    return { check: CHECK, state: 'ok', message: 'it requires signing in', hint: null };
  }
  return {
    check: CHECK,
    state: 'warning',
    message: `PHOENIX_PUBLIC_URL answers with ${status}`,
    hint: 'start the agent behind it; 421 means that PHOENIX_ALLOWED_HOSTS lacks the name that the proxy uses',
  };
}
