// Renders the JSON Schema of a config file as a reference page: a section for each object, a row for each field.

export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly deprecated?: boolean;
  readonly writeOnly?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly propertyNames?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly if?: SchemaNode;
  readonly then?: SchemaNode;
}

/** The file name, and the page of the documentation that explains it. */
export interface PageHead {
  readonly file: string;
  readonly toldIn: string;
}

interface Section {
  readonly path: string;
  readonly node: SchemaNode;
}

/** Bounds beyond this number are not shown. */
const LARGE = Number.MAX_SAFE_INTEGER;

/** The page in Markdown. */
export function referencePage(schema: SchemaNode, { file, toldIn }: PageHead): string {
  const sections = sectionsOf({ path: '', node: schema });
  const text = sections.map((section, at) => sectionText(section, sections[at - 1]?.path === section.path));
  return `# Fields of \`${file}\`

Written by \`node scripts/reference.mjs\` from the schema; a test holds this page to it. What the fields do is told in [${toldIn}](../${toldIn}).
A field in bold must be there. \`<name>\` stands for a name or number of your own, \`[]\` for each entry of a list.
${text.join('')}`;
}

/** The object itself, then nested objects, in the order of the file. */
function sectionsOf({ path, node }: Section): Section[] {
  const own = node.properties === undefined || isSecret(node) ? [] : [{ path, node }];
  const inner = Object.entries(node.properties ?? {})
    .filter(([, field]) => field.deprecated !== true)
    .map(([name, field]) => ({ path: path === '' ? name : `${path}.${name}`, node: field }));
  const { additionalProperties } = node;
  const named =
    typeof additionalProperties === 'object' ? [{ path: `${path}.<name>`, node: additionalProperties }] : [];
  const listed = node.items === undefined ? [] : [{ path: `${path}[]`, node: node.items }];
  const either = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].map((way) => ({ path, node: way }));
  return [
    ...own,
    ...[...inner, ...named, ...listed, ...(node.properties === undefined ? either : [])].flatMap(sectionsOf),
  ];
}

/** @param isOther whether it is an alternative form of the object of the previous section */
function sectionText({ path, node }: Section, isOther: boolean): string {
  const fields = Object.entries(node.properties ?? {});
  const used = fields.filter(([, field]) => field.deprecated !== true);
  const idle = fields.filter(([, field]) => field.deprecated === true).map(([name]) => code(name));
  const rows = used.map(([name, field]) => row(name, field, node.required?.includes(name) === true));
  const rules = [...choices(node), ...dependencies(node), ...numbered(node)];
  return [
    isOther ? '\nOr:\n' : path === '' ? '' : `\n## ${code(path)}\n`,
    rules.map((rule) => `\n${rule}\n`).join(''),
    rows.length === 0 ? '' : `\n| field | value | what it is |\n| --- | --- | --- |\n${rows.join('\n')}\n`,
    byType(node),
    idle.length === 0 ? '' : `\nAccepted without effect: ${idle.join(', ')}.\n`,
  ].join('');
}

function row(name: string, field: SchemaNode, isNeeded: boolean): string {
  const cells = [isNeeded ? `**${code(name)}**` : code(name), valueText(field), meaningText(field)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function meaningText({ description = '', default: value, writeOnly }: SchemaNode): string {
  const isTold = /\bdefault:/i.test(description) || value === undefined || typeof value === 'object';
  return [plain(description), isTold ? '' : `Default: ${code(String(value))}.`, writeOnly ? 'Secret.' : '']
    .filter((part) => part !== '')
    .join(' ');
}

/** The allowed values in words. */
function valueText(node: SchemaNode): string {
  const ways = node.type === undefined || node.type === 'string' ? (node.anyOf ?? node.oneOf) : undefined;
  if (ways !== undefined) {
    const values = ways
      .filter((way) => Object.keys(way).length > 0)
      .map((way) => valueText({ type: node.type ?? '', ...way }));
    return [...new Set(values)].join(', or ') || 'text';
  }
  if (node.const !== undefined) return code(String(node.const));
  if (node.enum !== undefined) return node.enum.map((value) => code(String(value))).join(', ');
  switch (node.type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      return `whole number${bounds(node)}`;
    case 'number':
      return `number${bounds(node)}`;
    case 'array':
      return `list of: ${valueText(node.items ?? {})}`;
    case 'object':
      if (isSecret(node)) return '[reference to a secret](../secrets.md)';
      return typeof node.additionalProperties === 'object'
        ? `by name: ${valueText(node.additionalProperties)}`
        : 'object';
    case 'string':
      return 'text';
    default:
      return 'any value';
  }
}

function bounds({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  const least = minimum === undefined || minimum <= -LARGE ? '' : ` from ${minimum}`;
  const above = exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`;
  return `${least}${above}${maximum === undefined || maximum >= LARGE ? '' : ` to ${maximum}`}`;
}

/** Groups of fields of which one is required. */
function choices({ oneOf, anyOf }: SchemaNode): string[] {
  const ways = oneOf ?? anyOf ?? [];
  if (ways.length === 0 || ways.some(({ type, required }) => type !== undefined || required === undefined)) return [];
  return [`Needs one of ${ways.map(({ required }) => (required ?? []).map(code).join(' and ')).join(', ')}.`];
}

function dependencies({ dependentRequired }: SchemaNode): string[] {
  const pairs = Object.entries(dependentRequired ?? {});
  return pairs.map(([name, needed]) => `${code(name)} needs ${needed.map(code).join(' and ')}.`);
}

/** Numbered fields. */
function numbered({ patternProperties }: SchemaNode): string[] {
  const names = Object.keys(patternProperties ?? {}).map((pattern) => code(`${/^\^?([a-z]+)/.exec(pattern)?.[1]}<n>`));
  return names.length === 0 ? [] : [`By a number, as the one that is listed: ${names.join(', ')}.`];
}

/** Required and optional fields for each type of the object. */
function byType({ allOf = [] }: SchemaNode): string {
  const rows = allOf.flatMap(({ if: when, then }) => {
    const type = when?.properties?.['type']?.const;
    if (type === undefined || then === undefined) return [];
    const needed = new Set(['type', ...(then.required ?? [])]);
    const others = new Set((then.propertyNames?.enum ?? []).map(String).filter((name) => !needed.has(name)));
    const listOf = (names: Iterable<string>) => [...names].map(code).join(', ') || '–';
    return [`| ${code(String(type))} | ${listOf([...needed].slice(1))} | ${listOf(others)} |`];
  });
  return rows.length === 0 ? '' : `\n| \`type\` | must have | may have |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** Whether the object is a secret reference. */
function isSecret({ properties = {} }: SchemaNode): boolean {
  return Object.keys(properties).join() === '$secret';
}

function code(text: string): string {
  return text === '' ? 'nothing' : `\`${text}\``;
}

/** Escapes `<…>` outside of code. */
function plain(text: string): string {
  return text.replace(/`[^`]*`|</g, (part) => (part === '<' ? '&lt;' : part));
}
