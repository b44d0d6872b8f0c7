// Parsers for single variables: the value, or the error with a hint.

import type { Secret } from '../model/secret.ts';
import { secret } from '../model/secret.ts';

export type Value<T> = { readonly value: T } | { readonly wrong: string; readonly hint: string };

interface Address {
  readonly url: string;
  readonly login: { readonly username: string; readonly password: Secret } | null;
}

/**
 * An http(s) address; credentials are removed, so that it can be shown.
 *
 * @param example an address of the kind that is meant, for whoever wrote another
 */
export function httpUrl(example: string): (text: string) => Value<Address | null> {
  return (text) => {
    const url = URL.parse(text);
    if (url !== null && /^https?:$/.test(url.protocol)) return { value: addressOf(url) };
    return { wrong: 'is not an http:// or https:// address', hint: `for example ${example}` };
  };
}

/** The address of a Git repository, which is fetched over HTTP: of one for SSH, the address over HTTP is named. */
export function repositoryUrl(text: string): Value<Address | null> {
  const [, host, path] = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)(?::\d+)?[:/]\/*(\S+)$/.exec(text) ?? [];
  const meant = host === undefined || path === undefined ? null : `https://${host}/${path}`;
  return httpUrl(meant ?? 'https://github.com/you/environment.git')(text);
}

function addressOf(url: URL): Address {
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  const login = username === '' && password === '' ? null : { username, password: secret(password) };
  return { url: url.href, login };
}

/** A valid branch name (git-check-ref-format), as far as relevant here. */
export function branchName(text: string): Value<string> {
  const name = text.replace(/^refs\/heads\//, '');
  const valid = /^(?![-./])[^\s~^:?*[\\]{1,200}$/.test(name) && !/\.\.|\/\/|@\{|\.lock$|[./]$/.test(name);
  return valid ? { value: name } : { wrong: `${JSON.stringify(text)} is not a branch name`, hint: 'for example main' };
}

/** A folder inside the repository. */
export function relativeFolder(text: string): Value<string | null> {
  const folder = text.replace(/^\.\/|\/$/g, '');
  const inside = !folder.startsWith('/') && !folder.split('/').includes('..');
  return inside
    ? { value: folder === '.' ? '' : folder }
    : { wrong: `${text} is not inside the repository`, hint: 'name a folder relative to its top' };
}

export function choice<const T extends string>(...names: readonly T[]) {
  return (text: string): Value<T> => {
    const found = names.find((name) => name === text);
    if (found !== undefined) return { value: found };
    return { wrong: `${JSON.stringify(text)} is none of its values`, hint: `one of ${names.join(', ')}` };
  };
}

/** `host:port`, `[::1]:port` or only a port on loopback. Port 0 selects a free one. */
export function listenAddress(text: string): Value<{ readonly host: string; readonly port: number }> {
  const [, bracketed, plain, digits] = /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]*)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits ?? -1);
  if (port < 0 || port > 65_535) {
    return { wrong: `${JSON.stringify(text)} is not an address and port`, hint: 'for example 127.0.0.1:8080' };
  }
  return { value: { host: bracketed ?? (plain || '127.0.0.1'), port } };
}

/** Host names and addresses of this agent without port; separated by commas or blanks. */
export function hostNames(text: string): Value<readonly string[]> {
  const names = listed(text).map((each) => each.toLowerCase().replace(/\.$/, ''));
  const wrong = names.find(
    (name) =>
      !/^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(name) && !isIpv6(bare(name)),
  );
  if (wrong === undefined) return { value: names.map(bare) };
  return {
    wrong: `${JSON.stringify(wrong)} is not a host name`,
    hint: 'for example phoenix.example.internal, 10.0.0.13',
  };
}

/** Addresses and subnets, separated by commas or blanks; `loopback` for this machine's. */
export function subnets(text: string): Value<readonly string[]> {
  const all = listed(text).flatMap((each) => (each === 'loopback' ? ['127.0.0.0/8', '::1/128'] : [each]));
  const wrong = all.find((each) => !isSubnet(each));
  if (wrong === undefined) return { value: all };
  return {
    wrong: `${JSON.stringify(wrong)} is not an address or subnet`,
    hint: 'for example 127.0.0.1, 10.0.0.0/24, fd00::/64',
  };
}

function listed(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((each) => each !== '');
}

/** An IPv6 address without brackets. */
function bare(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1');
}

/** A subnet with all addresses is invalid: it would trust any client as proxy. */
function isSubnet(text: string): boolean {
  const [, address = '', digits] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : 0;
  const length = digits === undefined ? bits : Number(digits);
  return bits > 0 && length >= 1 && length <= bits;
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

function isIpv6(text: string): boolean {
  return text.includes(':') && /^[0-9a-f:.]+$/i.test(text) && URL.parse(`http://[${text}]/`) !== null;
}

export function redisAddress(text: string): Value<Secret | null> {
  return /^(rediss?(\+(sentinel|cluster))?|unix):\/\/\S+$/.test(text)
    ? { value: secret(text) }
    : {
        wrong: 'is not an address of Redis',
        hint: 'for example redis://127.0.0.1:6379, rediss://… or unix:///run/redis.sock',
      };
}

/** A leading dash is rejected: ssh would parse it as an option. */
export function hostSetting(
  text: string,
): Value<{ kind: 'local' } | { kind: 'ssh'; destination: string } | { kind: 'lab' }> {
  if (text === 'local' || text === 'lab') return { value: { kind: text } };
  return /^ssh:\/\/([\w.][\w.-]*@)?([\w][\w.-]*|\[[0-9a-f:]+\])(:\d{1,5})?\/?$/i.test(text)
    ? { value: { kind: 'ssh', destination: text.replace(/\/$/, '') } }
    : { wrong: `${JSON.stringify(text)} is not a host`, hint: 'local, lab, or ssh://user@host' };
}

/** Proxmox names a node by its short host name. */
/** Used in all Redis keys, between braces. */
export function installationName(text: string): Value<string> {
  return /^[a-z0-9][a-z0-9-]{0,39}$/.test(text)
    ? { value: text }
    : {
        wrong: `${JSON.stringify(text)} is no name of an installation`,
        hint: 'lower case letters, digits and dashes, for example lab',
      };
}

export function nodeName(text: string): Value<string | null> {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
    ? { value: text }
    : {
        wrong: `${JSON.stringify(text)} is not a node name`,
        hint: 'the short host name of the Proxmox node, for example pve',
      };
}

/** An integer from `least` to `most`. */
export function megabytes(least: number, most: number) {
  return (text: string): Value<number> => {
    const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return { value };
    return {
      wrong: `${JSON.stringify(text)} is not a number of megabytes`,
      hint: `a whole number from ${least} to ${most}`,
    };
  };
}

export function seconds(least: number) {
  return (text: string): Value<number> => {
    const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least) return { value };
    return { wrong: `${JSON.stringify(text)} is not a number of seconds`, hint: `a whole number, ${least} or more` };
  };
}

/** A concurrency limit. */
export function atOnce(most: number) {
  return (text: string): Value<number> => {
    const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 1 && value <= most) return { value };
    return { wrong: `${JSON.stringify(text)} is not a number of steps`, hint: `a whole number from 1 to ${most}` };
  };
}

export function flag(text: string): Value<boolean> {
  if (text === '1' || text === 'true') return { value: true };
  if (text === '0' || text === 'false') return { value: false };
  return { wrong: `${JSON.stringify(text)} is neither yes nor no`, hint: 'write 1 or 0' };
}

/** Credentials in it would be ignored: they belong into the headers. */
export function collectorUrl(text: string): Value<string | null> {
  const address = httpUrl('http://collector.example.internal:4318')(text);
  if ('wrong' in address) return address;
  if (address.value?.login != null)
    return { wrong: 'holds a login', hint: 'put it into OTEL_EXPORTER_OTLP_HEADERS, as authorization=Basic%20…' };
  return { value: address.value?.url ?? null };
}

/** `name=value,name=value` with percent-encoded values, as in OpenTelemetry. */
export function headerList(text: string): Value<Readonly<Record<string, Secret>>> {
  const headers: Record<string, Secret> = {};
  for (const each of text.split(',')) {
    const [, name = '', written = ''] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=(.*)$/.exec(each) ?? [];
    const value = decoded(written.trim());
    if (name === '' || value === null)
      return { wrong: 'is not a list of headers', hint: 'for example authorization=Bearer%20TOKEN' };
    headers[name] = secret(value);
  }
  return { value: headers };
}

/** Null if not allowed in a header line. */
function decoded(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    return /^[\x20-\x7e]+$/.test(value) ? value : null;
  } catch {
    return null;
  }
}
