// APT repositories as parsed and named by Proxmox (proxmox-rs, proxmox-apt/src/repositories): the files below /etc/apt, in the one-line format of
// `.list` and the deb822 stanzas of `.sources`, and the standard repositories of Proxmox VE.

export const APT_MAIN_FILE = '/etc/apt/sources.list';
export const APT_FOLDER = '/etc/apt/sources.list.d';

export interface AptRepository {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** As written: `Signed-By` in stanzas, `signed-by` in lines. */
  readonly options: readonly (readonly [key: string, values: readonly string[]])[];
  /** Lines without their `#`. */
  readonly comment: string;
  readonly enabled: boolean;
}

interface AptFile {
  readonly path: string;
  readonly text: string;
  /** In file order; API calls refer to one by its index. */
  readonly repositories: readonly AptRepository[];
}

export interface AptFiles {
  /** Sorted by path. API calls pass the SHA-256 of their texts to detect concurrent changes. */
  readonly files: readonly AptFile[];
  /** Errors of unreadable files by path. */
  readonly errors: ReadonlyMap<string, string>;
}

/** @param texts by path: the main file and those of the folder; others are ignored */
export function readAptFiles(texts: ReadonlyMap<string, string>): AptFiles {
  const files: AptFile[] = [];
  const errors = new Map<string, string>();
  for (const [path, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const form = formOf(path);
    if (form === null) continue;
    if (form === 'invalid') {
      errors.set(path, 'invalid extension');
      continue;
    }
    try {
      const repositories = form === 'list' ? readLines(text) : readStanzas(text);
      repositories.forEach((repository, index) => {
        const fault = faultOf(repository, form);
        if (fault !== null) throw new AptFault(`check for repository ${index + 1} - ${fault}`);
      });
      files.push({ path, text, repositories });
    } catch (error) {
      if (!(error instanceof AptFault)) throw error;
      errors.set(path, error.message);
    }
  }
  return { files, errors };
}

/** Formats a file with these repositories like Proxmox. */
export function printAptFile(path: string, repositories: readonly AptRepository[]): string {
  const print = formOf(path) === 'list' ? printLine : printStanza;
  return repositories.map((repository) => `${commentLines(repository)}${print(repository)}`).join('\n');
}

class AptFault extends Error {}

/** Null for a file that apt ignores. */
function formOf(path: string): 'list' | 'sources' | 'invalid' | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('.') || name.endsWith('~')) return null;
  const [, extension = ''] = /\.([^.]*)$/.exec(name) ?? [];
  if (/^(dpkg-.*|ucf-.*|disabled|bak|save|orig|distUpgrade)$/.test(extension)) return null;
  const isForm = extension === 'list' || extension === 'sources';
  return isForm && /^[A-Za-z0-9_.-]+$/.test(name) ? extension : 'invalid';
}

function faultOf({ types, uris, suites, components }: AptRepository, form: 'list' | 'sources'): string | null {
  if (types.length === 0) return 'missing package type(s)';
  if (uris.length === 0) return 'missing URI(s)';
  if (suites.length === 0) return 'missing suite(s)';
  const uri = uris.find((each) => !each.includes(':') || each.length < 3);
  if (uri !== undefined) return `invalid URI: '${uri}'`;
  const wrong = suites.find((suite) => suite.endsWith('/') === components.length > 0);
  if (wrong !== undefined)
    return wrong.endsWith('/') ? `absolute suite '${wrong}' does not allow component(s)` : 'missing component(s)';
  return form === 'list' && uris.length > 1 ? 'more than one URI' : null;
}

function typed(words: readonly string[]): readonly string[] {
  const wrong = words.find((word) => word !== 'deb' && word !== 'deb-src');
  if (wrong !== undefined) throw new AptFault(`invalid package type '${wrong}'`);
  return words;
}

// One-line format.

function readLines(text: string): AptRepository[] {
  let comment = '';
  return text.split('\n').flatMap((line, index): AptRepository[] => {
    try {
      const off = /^\s*#(.*)$/.exec(line)?.[1];
      const disabled = off === undefined ? null : commentedOut(off);
      const [code = '', remark] = disabled === null ? splitAt(line, '#') : [];
      if (remark !== undefined) comment += `${remark}\n`;
      const read = disabled ?? readLine(code);
      if (read === null) return [];
      const whole = { ...read, comment };
      comment = '';
      return [whole];
    } catch (error) {
      if (!(error instanceof AptFault)) throw error;
      throw new AptFault(`malformed entry on line ${index + 1} - ${error.message}`);
    }
  });
}

/** A commented-out repository; null for any other comment. */
function commentedOut(text: string): AptRepository | null {
  try {
    const read = readLine(splitAt(text, '#')[0] ?? '');
    return read === null ? null : { ...read, enabled: false };
  } catch (error) {
    if (error instanceof AptFault) return null;
    throw error;
  }
}

function readLine(line: string): AptRepository | null {
  const [, type, rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
  if (type === undefined) return null;
  const types = typed([type]);
  const [, inBrackets, after] = /^\[([^\]]*)\](.*)$/.exec(rest) ?? [];
  if (inBrackets === undefined && rest.startsWith('[')) throw new AptFault("options not closed by ']'");
  const options = quotedWords(inBrackets ?? '').map((word): [string, string[]] => {
    const [key = '', value = ''] = splitAt(word, '=');
    if (key === '' || value === '') throw new AptFault(`got invalid option - '${word}'`);
    return [key, value.split(',')];
  });
  const [uri, suite, ...components] = quotedWords(after ?? rest);
  if (uri === undefined) throw new AptFault('missing URI');
  if (suite === undefined) throw new AptFault('missing suite');
  return { types, uris: [uri], suites: [suite], components, options, comment: '', enabled: true };
}

/** Blanks inside `[]` or quotes do not separate words. */
function quotedWords(text: string): string[] {
  const words = text.match(/(?:"[^"]*"|\[[^\]]*\]|[^\s"[])+/g) ?? [];
  return words.map((word) => word.replaceAll('"', ''));
}

function splitAt(text: string, sign: string): [string, string?] {
  const at = text.indexOf(sign);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function printLine({ types, uris, suites, components, options, enabled }: AptRepository): string {
  const given = options.map(([key, values]) => `${quoted(`${key}=${values.join(',')}`)} `).join('');
  const words = [types[0], ...(given === '' ? [] : [`[ ${given}]`]), ...[uris[0] ?? '', suites[0] ?? ''].map(quoted)];
  return `${enabled ? '' : '# '}${words.join(' ')} ${components.map(quoted).join(' ')}\n`;
}

function quoted(word: string): string {
  return /\s/.test(word.replaceAll(/\[[^\]]*\]/g, '')) ? `"${word}"` : word;
}

// Stanza format.

function readStanzas(text: string): AptRepository[] {
  let comment = '';
  const found: AptRepository[] = [];
  for (const block of text.split(/\n[ \t\r]*\n/)) {
    const fields: [string, string][] = [];
    for (const line of block.replaceAll(/\n[ \t]/g, ' ').split('\n')) {
      const trimmed = line.trim();
      if (trimmed === '') continue;
      if (trimmed.startsWith('#')) {
        comment += `${trimmed.slice(1)}\n`;
        continue;
      }
      const [key = '', value] = splitAt(trimmed, ':');
      if (value === undefined) throw new AptFault(`malformed entry in stanza ${found.length + 1} - got invalid line`);
      if (value !== '' && /^[!"$-9;-~]+$/.test(key.trim())) fields.push([key.trim(), value.trim()]);
    }
    if (fields.length === 0) continue;
    found.push({ ...stanzaOf(fields), comment });
    comment = '';
  }
  return found;
}

function stanzaOf(fields: readonly (readonly [string, string])[]): AptRepository {
  const of = (name: string) => words(fields.findLast(([key]) => key.toLowerCase() === name)?.[1] ?? '');
  const enabled = fields.findLast(([key]) => key.toLowerCase() === 'enabled')?.[1].toLowerCase();
  const others = fields.filter(([key]) => !/^(types|uris|suites|components)$/i.test(key));
  const options = others.map(([key, value]): [string, string[]] =>
    key.toLowerCase() === 'enabled' ? ['Enabled', [String(isOn(value.toLowerCase()))]] : [key, words(value)],
  );
  return {
    types: typed(of('types')),
    uris: of('uris'),
    suites: of('suites'),
    components: of('components'),
    options,
    comment: '',
    enabled: enabled === undefined || isOn(enabled),
  };
}

/** Parses a boolean like apt; unknown words mean yes. */
function isOn(word: string): boolean {
  return !/^(0|no|false|without|off|disable)$/.test(word);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function printStanza({ types, uris, suites, components, options }: AptRepository): string {
  const fields = [
    ...([['Types', types] as const, ['URIs', uris] as const, ['Suites', suites] as const] as const),
    ...(components.length === 0 ? [] : [['Components', components] as const]),
    ...options,
  ];
  return fields.map(([key, values]) => `${key}: ${values.join(' ')}\n`).join('');
}

function commentLines({ comment }: AptRepository): string {
  return comment
    .split('\n')
    .slice(0, -1)
    .map((line) => `#${line}\n`)
    .join('');
}

/** Enables or disables a repository; a stanza has a field for it. */
export function switched(path: string, repository: AptRepository, enabled: boolean): AptRepository {
  if (formOf(path) === 'list') return { ...repository, enabled };
  const others = repository.options.map((each) =>
    each[0] === 'Enabled' ? (['Enabled', [String(enabled)]] as const) : each,
  );
  const isThere = others.some(([key]) => key === 'Enabled');
  const options = isThere ? others : [...others, ['Enabled', [String(enabled)]] as const];
  return { ...repository, enabled, options };
}
