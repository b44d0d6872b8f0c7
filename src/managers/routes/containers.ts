// Collects the labels that a stack's containers will have: those of the compose file with variables substituted, and those of phoenix.json, which
// take precedence by key, as in the deployed text.

import type { ComposeLabel } from '../../compose/contents.ts';
import { interpolated, type Known, knownVariables } from '../../compose/interpolation.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { nearest } from '../../config/nearest.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn, pointer } from '../../config/read/place.ts';
import type { LabelFault } from '../../traefik/label-tree.ts';
import { type DecodedLabels, decodeLabels, isRead } from '../../traefik/labels.ts';
import type { Stack, StackEnvironment } from '../stack/declared.ts';

/** Where a label is written. */
export type Where = Pick<Diagnostic, 'at' | 'position'>;

export interface Container {
  /** Name of its service. */
  readonly service: string;
  readonly decoded: DecodedLabels;
  /** The place of the label for a path of the dynamic configuration; the service where no label declares it. */
  where(path: readonly string[]): Where;
  /** Whether phoenix.json has labels for it. */
  readonly isAsked: boolean;
}

interface Label {
  readonly key: string;
  readonly value: string;
  readonly where: Where;
}

/** Containers whose labels Traefik accepts; labels for which it would skip a container are reported. */
export function containersOf(stack: Stack, environment: StackEnvironment) {
  const diagnostics: Diagnostic[] = [];
  const variables = knownVariables(environment.variables);
  const written = Map.groupBy(stack.compose.labels, ({ service }) => service);
  const services = new Set([...Object.keys(environment.traefikLabels), ...written.keys()]);
  const containers = [...services].flatMap((service): Container[] => {
    const manifest = environment.traefikLabels[service] ?? [];
    const at = placeIn(environment.writtenAt, 'services', service, 'traefik_labels');
    const added = manifest.map((label, index) => ({ ...cut(label), where: { at: placeIn(at, index) } }));
    diagnostics.push(...added.flatMap(doubledDollars));
    const winning = new Set(added.map(({ key }) => key));
    const own = ownLabels(written.get(service) ?? [], stack.compose.path, variables, winning);
    const labels = new Map([...own.labels, ...added].map((label) => [label.key, label]));
    const decoded = decodeLabels(new Map([...labels].map(([key, { value }]) => [key, value])));
    const [first] = labels.values();
    const otherwise = manifest.length > 0 ? { at } : (first?.where ?? { at: placeOf(stack.compose.path, service) });
    const whereOf = (key: string | undefined): Where => labels.get(key ?? '')?.where ?? otherwise;
    const faults = [
      ...decoded.faults.map((fault) => ({ ...told(fault), ...whereOf(fault.key) })),
      ...[...labels.values()].flatMap(templates),
    ];
    diagnostics.push(...[...labels.values()].flatMap(unread));
    if (decoded.enabled === false || ![...labels.keys()].some(isRead)) return [];
    diagnostics.push(...own.diagnostics);
    if (!own.complete) return [];
    diagnostics.push(...faults);
    if (faults.length > 0) return [];
    diagnostics.push(...decoded.ignored.map((key) => ({ ...inFilesOnly(key), ...whereOf(key) })));
    return [{ service, decoded, where: (path) => whereOf(decoded.keyAt(path)), isAsked: manifest.length > 0 }];
  });
  return { containers, diagnostics };
}

function placeOf(file: string, service: string): Place {
  return { file, path: pointer(['services', service]) };
}

/** Blanks around the equals sign are ignored. */
function cut(label: string): { readonly key: string; readonly value: string } {
  const at = label.indexOf('=');
  const [key, value] = at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
  return key === key.trim() ? { key, value } : { key: key.trim(), value: value.trim() };
}

/** Traefik labels of the compose file that are not overridden; `complete` is false where their value depends on a secret or an unknown variable. */
function ownLabels(labels: readonly ComposeLabel[], file: string, variables: Known, winning: ReadonlySet<string>) {
  const found: Label[] = [];
  const diagnostics: Diagnostic[] = [];
  let complete = true;
  for (const { key, value, path, line, column } of labels) {
    const { text, missing } = interpolated(value, variables);
    const label = key === null ? cut(text) : { key, value: text };
    if (!/^traefik\./i.test(label.key) || winning.has(label.key)) continue;
    const where = { at: { file, path }, position: { line, column } };
    found.push({ ...label, where });
    if (missing.length === 0 || !isRead(label.key)) continue;
    complete = false;
    const secret = missing.find((name) => variables.get(name) === null);
    if (secret === undefined) continue;
    diagnostics.push({
      code: 'SECRET_NOT_ALLOWED',
      message: `the label ${label.key} holds the variable ${secret}, which is secret: routes and plans would show it`,
      hint: 'Write what may be seen: of a password its hash, or a middleware of a file at the proxy as NAME@file.',
      ...where,
    });
  }
  return { labels: found, diagnostics, complete };
}

function told({ kind, message, word, known = [] }: LabelFault) {
  if (kind === 'invalid') return { code: 'INVALID_VALUE' as const, message };
  const close = nearest(word ?? '', known);
  const hint =
    known.length === 0 ? undefined : close === null ? `Known are ${known.join(', ')}.` : `Did you mean ${close}?`;
  return { code: 'UNKNOWN_KEY' as const, message, ...(hint === undefined ? {} : { hint }) };
}

/** Traefik's files are Go templates, labels are not: template syntax in a label would be executed in a file. */
function templates({ key, value, where }: Label): Diagnostic[] {
  if (!isRead(key) || !`${key}${value}`.includes('{{')) return [];
  const message = `${key} holds "{{", which Traefik would run as a template`;
  return [{ code: 'INVALID_VALUE', message, hint: 'Write it without two braces in a row.', ...where }];
}

/** DOLLAR_SIGNS: copied from a compose file, where `$$` stands for one `$`. */
function doubledDollars({ key, value, where }: Label): Diagnostic[] {
  if (!value.includes('$$') || !/^traefik\./i.test(key)) return [];
  const message = `${key} holds "$$": in phoenix.json a dollar sign stands for itself, and two stay two`;
  return [{ code: 'DOLLAR_SIGNS', message, hint: 'Write each dollar sign once.', ...where }];
}

/** NO_EFFECT: labels that look like Traefik's and that Traefik ignores. */
function unread({ key, where }: Label): Diagnostic[] {
  const [root = '', word = ''] = key.split('.');
  if (root !== 'traefik' || isRead(key)) return [];
  if (/^(frontends?|backend|port|protocol|weight|domain)$/i.test(word)) {
    const hint = 'Write traefik.http.routers.NAME.rule and traefik.http.services.NAME.loadbalancer.server.port.';
    return [
      { code: 'NO_EFFECT', message: `${key} is a label of Traefik 1, which later ones do not read`, hint, ...where },
    ];
  }
  const close = nearest(word, ['http', 'enable', 'docker']);
  if (close === null || close === word.toLowerCase()) return [];
  return [
    {
      code: 'NO_EFFECT',
      message: `${key} is no label that Traefik reads`,
      hint: `Did you mean ${root}.${close}?`,
      ...where,
    },
  ];
}

function inFilesOnly(key: string) {
  const message = `${key} says nothing: Traefik takes that from files alone, never from labels`;
  const hint = 'Write it in a file of your own beside that of Phoenix at the proxy, and name it as NAME@file.';
  return { code: 'NO_EFFECT' as const, message, hint };
}
