// The rules of Traefik's routers, version 3: matchers joined by && and ||, turned round by !.

/** How many values each matcher takes. */
const MATCHERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  ClientIP: [1, 1],
  Header: [2, 2],
  HeaderRegexp: [2, 2],
  Host: [1, 1],
  HostRegexp: [1, 1],
  Method: [1, 1],
  Path: [1, 1],
  PathPrefix: [1, 1],
  PathRegexp: [1, 1],
  Query: [1, 2],
  QueryRegexp: [1, 2],
};

export interface RouterRule {
  /** Names in `Host`, in lower case and the order written, without those that are turned round. */
  readonly hosts: readonly string[];
  /** The rule is one `Host` and nothing else. */
  readonly plain: boolean;
}

/** The names of a rule, or why it is none. */
export function parseRule(text: string): RouterRule | { readonly fault: string } {
  const tokens = tokensOf(text);
  if (typeof tokens === 'string') return { fault: tokens };
  const hosts: string[] = [];
  let at = 0;
  let matchers = 0;
  let fault: string | null = null;

  function either(turned: boolean, depth: number): void {
    both(turned, depth);
    while (fault === null && tokens[at] === '||') {
      at += 1;
      both(turned, depth);
    }
  }
  function both(turned: boolean, depth: number): void {
    one(turned, depth);
    while (fault === null && tokens[at] === '&&') {
      at += 1;
      one(turned, depth);
    }
  }
  function one(turned: boolean, depth: number): void {
    const token = tokens[at] ?? 'its end';
    if (depth > 100) fault = 'it is nested too deeply';
    else if (token === '!') {
      at += 1;
      one(!turned, depth + 1);
    } else if (token === '(') {
      at += 1;
      either(turned, depth + 1);
      close();
    } else if (/^\w/.test(token) && tokens[at + 1] === '(') {
      at += 2;
      matcher(token, turned);
    } else fault = `${token} stands where a matcher such as Host(\`name\`) should`;
  }
  function matcher(name: string, turned: boolean): void {
    const values: string[] = [];
    while (/^[`"]/.test(tokens[at] ?? '')) {
      values.push((tokens[at] ?? '').slice(1, -1));
      at += 1;
      if (tokens[at] !== ',') break;
      at += 1;
    }
    close();
    if (fault !== null) return;
    const takes = Object.hasOwn(MATCHERS, name) ? MATCHERS[name] : undefined;
    matchers += 1;
    if (takes === undefined) fault = `${name} is no matcher; there are ${Object.keys(MATCHERS).join(', ')}`;
    else if (values.length < takes[0]) fault = `${name} takes a value in backticks`;
    else if (values.length > takes[1])
      fault = `${name} takes ${takes[1] === 1 ? 'one value' : `${takes[1]} values`}; join matchers by ||`;
    else if (name === 'Host') host(values[0] ?? '', turned);
  }
  function host(name: string, turned: boolean): void {
    if (!HOST.test(name)) fault = `"${name}" is no name of a host`;
    else if (!turned) hosts.push(name.toLowerCase());
  }
  function close(): void {
    if (fault !== null) return;
    if (tokens[at] === ')') at += 1;
    else fault = 'a bracket is not closed';
  }

  either(false, 0);
  if (fault === null && at < tokens.length) fault = `${tokens[at]} stands after its end`;
  if (fault !== null) return { fault };
  return { hosts: [...new Set(hosts)], plain: matchers === 1 && hosts.length === 1 };
}

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** A text where it cannot be split. */
function tokensOf(text: string): string[] | string {
  const tokens: string[] = [];
  const pattern = /\s+|&&|\|\||[!(),]|[A-Za-z]\w*|`[^`]*`|"[^"\\]*"/y;
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const [token] = pattern.exec(text) ?? [];
    if (token === undefined) {
      return text[from] === "'"
        ? 'values stand in backticks, not in quotes'
        : `"${text.slice(from, from + 10)}" is not understood`;
    }
    if (token.trim() !== '') tokens.push(token);
  }
  return tokens.length === 0 ? 'it is empty' : tokens;
}
