// Parses nginx's configuration with its included files, and refuses what the real program refuses. It knows the directives that a gateway uses.

import { dirname, join } from 'node:path';

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** The directives in its block; null for a directive that ends with a semicolon. */
  readonly block: readonly Directive[] | null;
}

export interface Files {
  /** Fails with nginx's message. */
  read(path: string): string;
  /** File names in a folder. */
  list(folder: string): readonly string[];
  /** Whether a file exists that a directive names. */
  has(path: string): boolean;
}

type Word = { readonly text: string; readonly mark: boolean };

/** Minimum and maximum number of arguments per directive. */
const KNOWN: Readonly<Record<string, readonly [number, number]>> = {
  events: [0, 0],
  http: [0, 0],
  server: [0, 0],
  location: [1, 2],
  map: [2, 2],
  if: [1, 9],
  include: [1, 1],
  listen: [1, 9],
  server_name: [1, 999],
  server_tokens: [1, 1],
  ssl_certificate: [1, 1],
  ssl_certificate_key: [1, 1],
  ssl_protocols: [1, 9],
  ssl_session_cache: [1, 9],
  ssl_session_tickets: [1, 1],
  ssl_reject_handshake: [1, 1],
  http2: [1, 1],
  return: [1, 2],
  root: [1, 1],
  default_type: [1, 1],
  try_files: [2, 9],
  client_max_body_size: [1, 1],
  large_client_header_buffers: [2, 2],
  proxy_pass: [1, 1],
  proxy_http_version: [1, 1],
  proxy_set_header: [2, 2],
  proxy_buffering: [1, 1],
  proxy_buffer_size: [1, 1],
  proxy_buffers: [2, 2],
  proxy_request_buffering: [1, 1],
  proxy_read_timeout: [1, 1],
  proxy_send_timeout: [1, 1],
};

/** Longest name in the table of names with its default size of a bucket, 64 bytes: two pointers, the length and the name (ngx_hash.h). */
const MAX_HASHED_NAME = 46;

/** @throws Error with nginx's message */
export function parseNginx(main: string, files: Files): readonly Directive[] {
  const directives = read(main, files, false);
  const http = directives.filter(({ name }) => name === 'http').flatMap(({ block }) => block ?? []);
  const servers = http.filter(({ name }) => name === 'server').flatMap(({ block }) => block ?? []);
  const names = servers.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args);
  if (names.some((name) => !name.startsWith('~') && name.length > MAX_HASHED_NAME)) {
    throw new Error('could not build server_names_hash, you should increase server_names_hash_bucket_size: 64');
  }
  return directives;
}

function read(path: string, files: Files, inMap: boolean): readonly Directive[] {
  return new Parser(path, files).block(0, inMap);
}

/** The words of a file, without comments; a mark is `{`, `}` or `;` outside of quotes. */
function wordsOf(text: string): readonly Word[] {
  const tokens = text.matchAll(/#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|[^\s{};"']+/g);
  return [...tokens].flatMap(([whole, double, single, mark]): readonly Word[] => {
    if (whole.startsWith('#')) return [];
    if (mark !== undefined) return [{ text: mark, mark: true }];
    return [{ text: (double ?? single)?.replaceAll(/\\(.)/g, '$1') ?? whole, mark: false }];
  });
}

/** Reads the directives of one file, and those of the files that it includes. */
class Parser {
  readonly #path: string;
  readonly #files: Files;
  readonly #words: readonly Word[];
  #at = 0;

  constructor(path: string, files: Files) {
    this.#path = path;
    this.#files = files;
    this.#words = wordsOf(files.read(path));
  }

  /** The directives up to the end of the block at `depth`. @param isMap its lines are pairs, whose names are not directives */
  block(depth: number, isMap: boolean): Directive[] {
    const found: Directive[] = [];
    for (;;) {
      const { words, mark } = this.#statement();
      if (mark === undefined) {
        if (depth === 0 && words.length === 0) return found;
        throw new Error(`unexpected end of file, expecting ";" or "}" in ${this.#path}`);
      }
      if (mark === '}') {
        if (depth > 0 && words.length === 0) return found;
        throw new Error(`unexpected "}" in ${this.#path}`);
      }
      found.push(...this.#directives(words, mark, depth, isMap));
    }
  }

  /** The words up to the next mark, which is undefined at the end of the file. */
  #statement(): { readonly words: readonly string[]; readonly mark: string | undefined } {
    const rest = this.#words.slice(this.#at);
    const length = rest.findIndex(({ mark }) => mark);
    const words = (length < 0 ? rest : rest.slice(0, length)).map(({ text }) => text);
    this.#at += words.length + 1;
    return { words, mark: length < 0 ? undefined : rest[length]?.text };
  }

  /** One directive with its block, or those of the files that it includes. */
  #directives(words: readonly string[], mark: string, depth: number, isMap: boolean): readonly Directive[] {
    const [name, ...args] = words;
    if (name === undefined) throw new Error(`unexpected "${mark}" in ${this.#path}`);
    if (!isMap) check(name, args, this.#path, this.#files);
    if (mark === ';' && name === 'include' && !isMap) return included(args[0] ?? '', this.#path, this.#files);
    return [{ name, args, block: mark === '{' ? this.block(depth + 1, name === 'map') : null }];
  }
}

function check(name: string, args: readonly string[], path: string, files: Files): void {
  const count = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  if (count === undefined) throw new Error(`unknown directive "${name}" in ${path}`);
  const [least, most] = count;
  if (args.length < least || args.length > most) {
    throw new Error(`invalid number of arguments in "${name}" directive in ${path}`);
  }
  const [file = ''] = args;
  if (/^ssl_certificate(_key)?$/.test(name) && !file.startsWith('$') && !files.has(file)) {
    throw new Error(`cannot load certificate "${file}": BIO_new_file() failed (No such file or directory)`);
  }
}

function included(pattern: string, from: string, files: Files): Directive[] {
  const path = pattern.startsWith('/') ? pattern : join(dirname(from), pattern);
  if (!path.includes('*')) return [...read(path, files, false)];
  const [head = '', tail = ''] = path.slice(path.lastIndexOf('/') + 1).split('*');
  return files
    .list(dirname(path))
    .filter((name) => !name.startsWith('.') && name.startsWith(head) && name.endsWith(tail))
    .flatMap((name) => read(join(dirname(path), name), files, false));
}
