// Validation of check runs, from GitHub's documentation of the Checks API: closed sets of states, length limits, 50 annotations per request, three
// buttons.

export interface CheckRequest {
  readonly name?: string;
  readonly head_sha?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly status?: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary: string;
    readonly text?: string;
    readonly annotations?: readonly Annotation[];
  };
  readonly actions?: readonly Button[];
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: string;
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface Button {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

const STATUSES = ['queued', 'in_progress', 'completed'];
/** Without `stale`, which only GitHub itself may set. */
const CONCLUSIONS = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'];
const LEVELS = ['notice', 'warning', 'failure'];
const MAX_TEXT = 65_535;
const MAX_DETAIL_BYTES = 64 * 1024;
const MAX_TITLE = 255;
const MAX_ANNOTATIONS = 50;
const MAX_BUTTONS = 3;
const BUTTON_LENGTHS = { label: 20, description: 40, identifier: 20 } as const;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

type Fields = Readonly<Record<string, unknown>>;

/** All validation errors; empty for a valid request. @param creates false: it changes an existing run */
export function checkProblems(request: Fields, creates: boolean): string[] {
  const { name, conclusion, status, output, actions, details_url: url } = request;
  return [
    ...(creates ? lacking(request, ['name', 'head_sha']) : []),
    ...(['name', 'head_sha', 'details_url', 'external_id'] as const).flatMap((field) => text(request, field)),
    ...(typeof name === 'string' && name.trim() === '' ? ['"name" cannot be blank.'] : []),
    ...oneOf('status', status, STATUSES),
    ...oneOf('conclusion', conclusion, CONCLUSIONS),
    ...(status === 'completed' && conclusion === undefined ? ['"conclusion" wasn\'t supplied.'] : []),
    ...(conclusion !== undefined && status !== undefined && status !== 'completed'
      ? [`"conclusion" can't be given with the status "${status}".`]
      : []),
    ...(typeof url === 'string' && !/^https?:\/\//.test(url)
      ? ['"details_url" must use the http or https scheme.']
      : []),
    ...(['started_at', 'completed_at'] as const).flatMap((field) => time(field, request[field])),
    ...(output === undefined ? [] : outputProblems(output, creates)),
    ...(actions === undefined ? [] : buttonProblems(actions)),
  ];
}

function outputProblems(output: unknown, creates: boolean): string[] {
  if (!isFields(output)) return ['"output" is not an object.'];
  const { annotations = [] } = output;
  if (!Array.isArray(annotations)) return ['"annotations" is not an array.'];
  return [
    ...lacking(output, creates ? ['title', 'summary'] : ['summary']),
    ...text(output, 'title'),
    ...text(output, 'summary', MAX_TEXT),
    ...text(output, 'text', MAX_TEXT),
    ...(annotations.length > MAX_ANNOTATIONS
      ? [`No more than ${MAX_ANNOTATIONS} items are allowed; ${annotations.length} were supplied.`]
      : []),
    ...annotations.flatMap(annotationProblems),
  ];
}

function annotationProblems(given: unknown): string[] {
  if (!isFields(given)) return ['An annotation is not an object.'];
  const { start_line: start, end_line: end, start_column: from, end_column: to, path } = given;
  const numbers = ['start_line', 'end_line', 'start_column', 'end_column'] as const;
  const long = (['message', 'raw_details'] as const).filter(
    (field) => Buffer.byteLength(String(given[field] ?? '')) > MAX_DETAIL_BYTES,
  );
  return [
    ...lacking(given, ['path', 'start_line', 'end_line', 'annotation_level', 'message']),
    ...(['path', 'message', 'raw_details'] as const).flatMap((field) => text(given, field)),
    ...text(given, 'title', MAX_TITLE),
    ...numbers
      .filter((field) => given[field] !== undefined && !isLine(given[field]))
      .map((field) => `"${field}" is not a number from 1.`),
    ...(typeof path === 'string' && (path === '' || path.startsWith('/'))
      ? ['"path" is not one of the repository.']
      : []),
    ...(isLine(start) && isLine(end) && end < start ? ['"end_line" comes before "start_line".'] : []),
    ...((from !== undefined || to !== undefined) && start !== end
      ? ['Columns are supported only when start_line and end_line are the same.']
      : []),
    ...oneOf('annotation_level', given['annotation_level'], LEVELS),
    ...long.map((field) => `"${field}" is more than 64 KB.`),
  ];
}

function buttonProblems(actions: unknown): string[] {
  if (!Array.isArray(actions)) return ['"actions" is not an array.'];
  if (actions.length > MAX_BUTTONS)
    return [`No more than ${MAX_BUTTONS} items are allowed; ${actions.length} were supplied.`];
  return actions.flatMap((action: unknown) => {
    if (!isFields(action)) return ['An action is not an object.'];
    const lengths = Object.entries(BUTTON_LENGTHS);
    return [
      ...lacking(action, Object.keys(BUTTON_LENGTHS)),
      ...lengths.flatMap(([field, most]) => text(action, field, most)),
    ];
  });
}

function lacking(fields: Fields, names: readonly string[]): string[] {
  return names
    .filter((name) => fields[name] === undefined || fields[name] === null)
    .map((name) => `"${name}" wasn't supplied.`);
}

/** @param most characters */
function text(fields: Fields, name: string, most = Number.POSITIVE_INFINITY): string[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string') return [`For '${name}', ${JSON.stringify(value)} is not a string.`];
  const length = [...value].length;
  return length > most ? [`Only ${most} characters are allowed; ${length} were supplied.`] : [];
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): string[] {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return [];
  return [`For '${name}', ${JSON.stringify(value)} is not one of ${allowed.join(', ')}.`];
}

function time(name: string, value: unknown): string[] {
  if (value === undefined || (typeof value === 'string' && TIME.test(value))) return [];
  return [`"${name}" is not a time in ISO 8601.`];
}

function isLine(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
