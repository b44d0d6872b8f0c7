// What the commands need that talk to an agent.

import type { Authority } from '../model/authority.ts';
import { type Secret, secret } from '../model/secret.ts';
import type { Environment, SettingProblem } from '../settings.ts';
import { authorities } from './authorities.ts';
import { httpUrl, listenAddress } from './values.ts';
import { knownAs, valuesOf } from './variables.ts';

const OF_CLIENTS: ReadonlySet<string> = new Set(['PHOENIX_URL', 'PHOENIX_ADMIN_TOKEN', 'PHOENIX_CA']);
const USUAL = { host: '127.0.0.1', port: 8080 };
/** Wildcard addresses include this machine. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

export interface ClientSettings {
  /** Without trailing slash. */
  readonly url: string;
  readonly token: Secret | null;
  /** Trusted in addition to Node's CAs; absent if none. */
  readonly authorities?: readonly Authority[];
}

/** Where an agent on this machine answers. @param listen with a port that is not 0 */
export function agentHere(listen: { readonly host: string; readonly port: number }): string {
  const host = EVERYWHERE.has(listen.host) ? '127.0.0.1' : listen.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}

/** What the commands need that talk to an agent: without PHOENIX_URL it is that of this machine, at its PHOENIX_LISTEN where that is told. */
export function readClientSettings(
  environment: Environment,
  readFile: (path: string) => string,
): { readonly settings: ClientSettings; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const texts = valuesOf(environment, readFile, (severity, variable, message, hint) => {
    if (OF_CLIENTS.has(variable.replace(/_FILE$/, ''))) problems.push({ severity, variable, message, hint });
  });
  const listen = listenAddress(texts.get('PHOENIX_LISTEN') ?? '');
  const here = agentHere('value' in listen && listen.value.port !== 0 ? listen.value : USUAL);
  const address = httpUrl('http://127.0.0.1:8080')(texts.get('PHOENIX_URL') ?? here);
  if ('wrong' in address) {
    problems.push({
      severity: 'error',
      variable: 'PHOENIX_URL',
      message: `PHOENIX_URL ${address.wrong}`,
      hint: address.hint,
    });
  }
  const pem = texts.get('PHOENIX_CA');
  const trusted = pem === undefined ? { value: [] } : authorities(pem);
  if ('wrong' in trusted) {
    const variable = knownAs('PHOENIX_CA');
    problems.push({ severity: 'error', variable, message: `${variable}: ${trusted.wrong}`, hint: trusted.hint });
  }
  const token = texts.get('PHOENIX_ADMIN_TOKEN');
  const url = 'value' in address ? (address.value?.url ?? '') : '';
  const settings = {
    url: url.replace(/\/+$/, ''),
    token: token === undefined ? null : secret(token),
    ...(pem !== undefined && 'value' in trusted ? { authorities: trusted.value } : {}),
  };
  return { settings, problems };
}
