// Recognises plain-text secrets by their form in any field: passwords in addresses and settings, known token formats, private keys. Reported when a
// configuration is loaded and hidden wherever it is shown. Every repetition in the patterns is bounded, so that hostile text costs only linear time.

import type { Json } from './json.ts';

/** Replacement for a secret. */
export const HIDDEN = '‹secret›';

export interface PlainSecret {
  /** In UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Description for messages, after `holds`. */
  readonly what: string;
}

/** Whether a variable's name marks its value as secret. */
export function namesSecret(name: string): boolean {
  return /pass|secret|token|credential|(^|_)pwd($|_)|api_?key|private_?key|access_?key|encryption_?key/i.test(name);
}

/** Suffixes of names with secret values. A name that only mentions one (`DB_PASSWORD_FILE`, `max_tokens`) does not match. */
const SECRET_WORD =
  '(?:[A-Za-z0-9]{0,40}(?:password|passwd|passphrase|secret|token|apikey)|pass|pwd|credentials?|(?:api|private|access|secret|encryption|auth|account|master|signing)[_.-]?key)';
const NAME = `(?:[A-Za-z0-9]{1,40}[_.-]{1,2}){0,8}${SECRET_WORD}`;
const QUOTED = `"[^"\\n]*"|'[^'\\n]*'`;
/** Quotes may be part of a password, except those that end a string. */
const IN_ADDRESS = `(?:[^\\s/?#"'<>]|["'](?![\\s,:}\\])]|$))`;
const IN_OTHER_ADDRESS = `(?:[^\\s"'<>]|["'](?![\\s,:}\\])]|$))`;

interface Shape {
  readonly what: string;
  /** The first group captures the secret. */
  readonly pattern: RegExp;
}

interface Family {
  /** Quick filter: text that does not match contains no such secret. */
  readonly hint: RegExp;
  readonly shapes: readonly Shape[];
}

const shape = (what: string, source: string, flags = ''): Shape => ({
  what,
  pattern: new RegExp(source, `dg${flags}`),
});
const token = (what: string, source: string): Shape => shape(what, `(?<![A-Za-z0-9_])(${source})`);

const FAMILIES: readonly Family[] = [
  {
    hint: /-----BEGIN/,
    shapes: [
      shape(
        'a private key',
        '(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\\s\\S]*?(?:-----END [A-Z0-9 ]*-----|$(?![\\s\\S])))',
      ),
    ],
  },
  {
    hint: /@/,
    shapes: [
      // By the URL standard, the authority ends at the first slash.
      shape(
        'a password in an address',
        `\\b(?:https?|wss?|ftps?)://[^\\s/?#"'<>@:]{0,256}:(${IN_ADDRESS}{0,1024})@`,
        'i',
      ),
      // In other forms a password may contain anything. A number before a slash is a port.
      shape(
        'a password in an address',
        `\\b(?!(?:https?|wss?|ftps?):)[a-z][a-z0-9+.-]{0,40}://[^\\s/?#"'<>@:]{0,256}:(?!\\d{1,5}[/?#])(${IN_OTHER_ADDRESS}{0,1024})@(?!sha\\d+:)`,
        'i',
      ),
      shape('a password in an address', `(?:^|[\\s"'=])[\\w.-]{1,256}:([^\\s]{1,256})@(?:tcp|unix)\\(`),
    ],
  },
  {
    hint: /gh[pousr]_|github_pat_|gl[a-z]{2,5}-|A(?:KI|SI|BI|CC)A|xox[a-z]-|xapp-|hooks\.slack|discord|[sr]k[-_]|whsec_|AIza|GOCSPX|hf_|npm_|pypi-|dckr_|dop_v1|SG\.|hv[sbr]\.|tskey-|shp[a-z]{2}_|glsa_|ptr_|:AA|eyJ|AGE-SECRET/,
    shapes: [
      token('a token of GitHub', 'gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}'),
      token('a token of GitLab', 'gl(?:pat|ptt|dt|rt|cbt|soat|imt|agent|ft|oas|ffct)-[A-Za-z0-9_.-]{16,}'),
      token('a key of AWS', '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])'),
      token('a token of Slack', 'xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}'),
      shape(
        'an address of Slack or Discord that is a key',
        '(?:hooks\\.slack\\.com/(?:services|workflows)|discord(?:app)?\\.com/api/webhooks)/([A-Za-z0-9/_-]{20,})',
      ),
      token('an API key', '(?<!-)sk-(?=[A-Za-z_-]{0,64}\\d)[A-Za-z0-9_-]{16,512}'),
      token('an API key of Stripe', '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}'),
      token('an API key of Google', 'AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{20,}'),
      token('a token of Hugging Face', 'hf_[A-Za-z0-9]{30,}'),
      token(
        'a token of a package registry',
        'npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}',
      ),
      token(
        'a token of a service',
        'dop_v1_[a-f0-9]{64}|SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,64}|hv[sbr]\\.[A-Za-z0-9_-]{24,}|tskey-[a-z]+-[A-Za-z0-9-]{16,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|glsa_[A-Za-z0-9_]{32,}|ptr_[A-Za-z0-9+/=]{40,}',
      ),
      shape('a token of Telegram', '(?<![A-Za-z0-9])(\\d{8,10}:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])'),
      token('a signed token', 'eyJ[A-Za-z0-9_-]{8,1024}\\.eyJ[A-Za-z0-9_-]{4,4096}\\.[A-Za-z0-9_-]*'),
      token('an identity of age', 'AGE-SECRET-KEY-(?:PQ-)?1[A-Za-z0-9]{20,}'),
    ],
  },
  {
    hint: /\bcurl\b/,
    shapes: [
      shape(
        'a password of a request',
        `\\bcurl\\b[^\\n|;&]{0,512}?[\\s"',](?:-[uU]|--(?:proxy-)?user)["']?[\\s=,]{0,4}["']?[^\\s:"']{1,128}:([^\\s"']{1,256})`,
      ),
    ],
  },
  {
    hint: /pass|pwd|secret|token|credential|key|authorization/i,
    shapes: [
      shape('a token of Proxmox', 'PVEAPIToken=[^\\s!]+!\\w+=([0-9a-f-]{36})', 'i'),
      shape(
        'credentials of a request',
        '\\bauthorization["\']?\\s*[:=]\\s*["\']?(?:bearer|basic|token)\\s+([^\\s"\']{6,})',
        'i',
      ),
      // The rest of the line is the value of an environment variable.
      shape(
        'a secret by its name',
        `(?<![A-Za-z0-9_$\\{])(?:[A-Z0-9]{1,40}_{1,2}){0,8}(?:[A-Z0-9]{0,40}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY)|PASS|PWD|CREDENTIALS?|(?:API|PRIVATE|ACCESS|SECRET|ENCRYPTION|AUTH|ACCOUNT|MASTER|SIGNING)_?KEY)=(.+)`,
      ),
      shape('a secret by its name', `(?<![A-Za-z0-9_$\\{])${NAME}\\s*=\\s*(${QUOTED}|[^\\s&;]+)`, 'i'),
      shape('a secret by its name', `(?<![A-Za-z0-9_$\\{])${NAME}\\\\*["']?\\s*:\\s*\\\\*(${QUOTED})`, 'i'),
      shape('a secret by its name', `^[ \\t-]*${NAME}:[ \\t]+(?!["'])(\\S{6,})[ \\t]*$`, 'im'),
      shape('a secret by its name', `(?:^|\\s)--?${NAME}\\s+(${QUOTED}|[^\\s-]\\S*)`, 'i'),
    ],
  },
];

/** All secrets in the text, in order and without overlaps. */
export function plainSecretsIn(text: string): PlainSecret[] {
  if (text.length < 5) return [];
  const found: PlainSecret[] = [];
  for (const { hint, shapes } of FAMILIES) {
    if (!hint.test(text)) continue;
    for (const { what, pattern } of shapes) {
      for (const { indices } of text.matchAll(pattern)) {
        const [start, end] = trimmed(text, indices?.[1]);
        if (end > start && !isPlaceholder(text.slice(start, end))) found.push({ start, end, what });
      }
    }
  }
  return merged(found);
}

/** Strips surrounding quotes. */
function trimmed(text: string, span: readonly [number, number] | undefined): readonly [number, number] {
  const [start, end] = span ?? [0, 0];
  const quote = text[start];
  return end - start >= 2 && (quote === '"' || quote === "'") && text[end - 1] === quote
    ? [start + 1, end - 1]
    : [start, end];
}

function merged(found: readonly PlainSecret[]): PlainSecret[] {
  const result: PlainSecret[] = [];
  for (const each of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last === undefined || each.start >= last.end) result.push(each);
    else if (each.end > last.end) result[result.length - 1] = { ...last, end: each.end };
  }
  return result;
}

/** Whether the value is not a secret: a variable reference without default, a placeholder or a common word. */
export function isPlaceholder(value: string): boolean {
  return /^(?:\$\$?\w+|\$\{\w+(?::?[?+][^}]*|:?-)?\}|\$\{\w+:?-(?:\$\{?\w+\}?)?\}|%\(\w+\)s|\{\{[^}]*\}\}|<[^>]*>|\[[^\]]*\]|\*+|x{3,}|\.{3,}|…+|‹secret›|not_set|true|false|null|none|yes|no|on|off|\d{1,3}|\/run\/secrets\/\S*)$/i.test(
    value.trim(),
  );
}

/** Replaces all secrets in the text. */
export function hidePlainSecrets(text: string): string {
  let shown = '';
  let from = 0;
  for (const { start, end } of plainSecretsIn(text)) {
    shown += text.slice(from, start) + HIDDEN;
    from = end;
  }
  return from === 0 ? text : shown + text.slice(from);
}

/** An argument that is followed by a secret, such as `--api-key`. */
const FLAG = new RegExp(`^--?${NAME}$`, 'i');

/** Options of curl that are followed by `USER:PASSWORD`. */
const CURL_USER = /^(?:-[uU]|--(?:proxy-)?user)$/;

/** Indexes of arguments that are, or contain, secrets because of the preceding argument. */
export function secretArguments(items: readonly (Json | undefined)[]): ReadonlySet<number> {
  if (typeof items[0] !== 'string' || items.length < 2) return NONE;
  const isCurl = items.some((item) => typeof item === 'string' && /(?:^|\/)curl$/.test(item));
  return new Set(
    items.flatMap((item, index) => {
      const before = items[index - 1];
      if (typeof before !== 'string' || typeof item !== 'string') return [];
      const secret = isCurl && CURL_USER.test(before) ? /:(.+)$/.exec(item)?.[1] : FLAG.test(before) ? item : undefined;
      return secret !== undefined && !secret.startsWith('-') && !isPlaceholder(secret) ? [index] : [];
    }),
  );
}

const NONE: ReadonlySet<number> = new Set();
