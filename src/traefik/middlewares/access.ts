// Checks of access middlewares: authentication, address lists, limits.

import type { JsonObject } from '../../model/json.ts';
import { disabled, type Fault, useless } from '../fault.ts';
import { integerOrZero, section, signOfTime, text, texts } from '../read.ts';
import { expressionFault } from '../regular-expression.ts';
import { addressFaults, sourceFaults, strategyFaults } from '../source.ts';
import { isKnownStatus } from '../status.ts';
import { pairFault } from '../tls.ts';
import { serverFault } from '../url.ts';

/** User lists are secret: messages never quote them. */
export function basicAuth(config: JsonObject): Fault[] {
  const users = texts(config['users']);
  if (users.length === 0 && text(config['usersFile']) === '') return [noUsers()];
  return users.flatMap((user, index): Fault[] => {
    const path = ['users', String(index)];
    const [, hash, ...more] = user.split(':');
    if (hash === undefined || more.length > 0) {
      const message = `user ${index + 1} is not NAME:HASH, with one colon`;
      return [disabled(path, { message, hint: 'Make it with htpasswd -nB NAME.' })];
    }
    return isHash(hash) ? [] : [noHash(path, index, hash)];
  });
}

function isHash(hash: string): boolean {
  return /^(\{SHA\}.|\$2[abxy]\$.)/.test(hash) || /^\$[^$]+\$[^$]*\$/.test(hash);
}

function noHash(path: readonly string[], index: number, hash: string): Fault {
  const message = `the password of user ${index + 1} is no hash that Traefik knows, and nobody gets in by it`;
  const hint = hash.startsWith('$$')
    ? 'Write $ once: $$ is needed only inside a compose file, which makes one $ of it.'
    : 'Make it with htpasswd -nB NAME.';
  return useless(path, { message, hint });
}

const noUsers = (): Fault => disabled([], { message: 'it has no users', hint: 'Set users or usersFile.' });

const DIGEST_HINT = 'Make it with htdigest -c FILE REALM NAME.';

export function digestAuth(config: JsonObject): Fault[] {
  const users = texts(config['users']);
  const realm = text(config['realm']) || 'traefik';
  if (users.length === 0 && text(config['usersFile']) === '')
    return [useless([], { message: 'it has no users, and nobody gets in', hint: 'Set users or usersFile.' })];
  return users.flatMap((user, index): Fault[] => {
    const path = ['users', String(index)];
    const [, of, hash, ...more] = user.split(':');
    if (of === undefined || hash === undefined || more.length > 0)
      return [
        disabled(path, { message: `user ${index + 1} is not NAME:REALM:HASH, with two colons`, hint: DIGEST_HINT }),
      ];
    if (of === realm) return [];
    const message = `user ${index + 1} is of another realm than "${realm}", and does not get in by it`;
    return [useless(path, { message, hint: DIGEST_HINT })];
  });
}

export function forwardAuth(config: JsonObject): Fault[] {
  const address = text(config['address']);
  const expression = text(config['authResponseHeadersRegex']);
  const pair = pairFault(section(config['tls']));
  const where = serverFault(address, ['http', 'https']);
  const regex = expression === '' ? null : expressionFault(expression);
  return [
    ...(where === null
      ? []
      : [useless(['address'], { ...where, message: `${where.message}; every request ends with 500` })]),
    ...(pair === null ? [] : [disabled(['tls'], pair)]),
    ...(regex === null ? [] : [disabled(['authResponseHeadersRegex'], regex)]),
  ];
}

export function ipAllowList(config: JsonObject): Fault[] {
  const code = integerOrZero(config['rejectStatusCode']);
  const isStatus = code === 0 || isKnownStatus(code);
  return [
    ...ipWhiteList(config),
    ...(isStatus
      ? []
      : [disabled(['rejectStatusCode'], { message: `${code} is no status of HTTP`, hint: 'Write 403 or 404.' })]),
  ];
}

export function ipWhiteList(config: JsonObject): Fault[] {
  const ranges = texts(config['sourceRange']);
  const hint = 'Set sourceRange, for example to 192.0.2.0/24.';
  return [
    ...(ranges.length === 0 ? [disabled(['sourceRange'], { message: 'it lets nobody in', hint })] : []),
    ...addressFaults(ranges, ['sourceRange']),
    ...strategyFaults(section(config['ipStrategy']), ['ipStrategy']),
  ];
}

export function inFlightReq(config: JsonObject): Fault[] {
  const amount = integerOrZero(config['amount']);
  const message = `with an amount of ${amount} every request is answered with 429`;
  return [
    ...(amount > 0 ? [] : [useless(['amount'], { message, hint: 'Write a number above 0.' })]),
    ...sourceFaults(config),
  ];
}

export function rateLimit(config: JsonObject): Fault[] {
  const average = config['average'];
  const pair = pairFault(section(section(config['redis'])['tls']));
  const limits = average === undefined || integerOrZero(average) >= 0;
  return [
    ...((signOfTime(config['period']) ?? 0) < 0
      ? [disabled(['period'], { message: 'the period is negative', hint: 'Write 1s or 1m.' })]
      : []),
    ...(limits
      ? []
      : [useless(['average'], { message: 'a negative average limits nothing', hint: 'Write a number above 0.' })]),
    ...(pair === null ? [] : [disabled(['redis', 'tls'], pair)]),
    ...sourceFaults(config),
  ];
}

export function headers(config: JsonObject): Fault[] {
  const expressions = texts(config['accessControlAllowOriginListRegex']);
  const faults = expressions.flatMap((expression, index): Fault[] => {
    const fault = expressionFault(expression);
    return fault === null ? [] : [disabled(['accessControlAllowOriginListRegex', String(index)], fault)];
  });
  if (Object.entries(config).some(([name, value]) => isConfigured(name, value))) return faults;
  return [
    disabled([], { message: 'it sets no header', hint: 'Set customRequestHeaders, customResponseHeaders or another.' }),
  ];
}

/** Numbers count if present; other values if neither empty nor false. */
function isConfigured(name: string, value: JsonObject[string]): boolean {
  if (value === undefined || value === null) return false;
  if (name === 'accessControlMaxAge' || name === 'stsSeconds') return true;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return value !== '' && value !== false && value !== 'false';
}
