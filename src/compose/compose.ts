// Parses a compose file: YAML with positions, validated against the Compose Specification, and extracts what matters outside Docker.

import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Diagnostic } from '../config/diagnostic.ts';
import { MAX_COMPOSE_VALUES } from '../config/limits.ts';
import { decode } from '../config/read/encoding.ts';
import { pointer } from '../config/read/place.ts';
import type { BlobId } from '../model/ids.ts';
import { nameClaims } from './claims.ts';
import type { Compose, ComposeMention } from './contents.ts';
import { unsetMentions } from './interpolation.ts';
import { composeLabels } from './labels.ts';
import { needsOf, wantedVariables } from './needs.ts';
import { diagnostic, eachNode, placeOf, positionOf, unfoldedSize } from './nodes.ts';
import { portEntries } from './ports.ts';
import { externalOnes, ownOnes, resourcesOf } from './resources.ts';
import { composeSecret } from './secrets.ts';
import { entriesOf, type Fields, fieldsOf, firstOf, type Keys, partsOf } from './services.ts';
import { againstSpecification } from './specification.ts';
import { composeTags, dropReset } from './tags.ts';

export interface ReadCompose {
  /** Undefined if invalid. */
  readonly compose: Compose | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses one compose file. Never throws, for any input. */
export function readCompose(path: string, blob: BlobId, bytes: Uint8Array): ReadCompose {
  try {
    return read(path, blob, bytes);
  } catch (error) {
    if (error instanceof RangeError) return refused(path, 'nested too deeply');
    throw error;
  }
}

function read(path: string, blob: BlobId, bytes: Uint8Array): ReadCompose {
  const { text, fault } = decode(bytes);
  if (fault !== null) return refused(path, fault.message, fault.hint);
  const lines = new LineCounter();
  // Duplicate keys are checked separately: the library's check is quadratic.
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    customTags: composeTags,
  });
  const faults = document.errors
    .slice(0, 10)
    .map((error) => diagnostic(path, '', 'SYNTAX', firstSentence(error.message), positionOf(lines, error.pos[0])));
  const diagnostics = [...faults, ...repeatedKeys(path, document, lines)];
  if (document.errors.length > 0) return { compose: undefined, diagnostics };
  if (document.contents === null) return empty(path);
  if (!(unfoldedSize(document.contents) <= MAX_COMPOSE_VALUES)) {
    return refused(
      path,
      `its aliases unfold to more than ${MAX_COMPOSE_VALUES} values, the most that a compose file can have`,
    );
  }
  dropReset(document);
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  const invalid = againstSpecification(path, value, document, lines);
  if (invalid.length > 0) return { compose: undefined, diagnostics: [...diagnostics, ...invalid] };
  return {
    compose: factsOf(path, blob, fieldsOf(value), document, lines),
    diagnostics: [...diagnostics, ...literalSecrets(path, document, lines)],
  };
}

const EMPTY_HINT = 'Write "services:" with what is to run, or remove the folder of the stack.';

function factsOf(path: string, blob: BlobId, file: Fields, document: Document.Parsed, lines: LineCounter): Compose {
  const services = fieldsOf(file['services']);
  const [networks, volumes] = [resourcesOf(file, 'networks'), resourcesOf(file, 'volumes')];
  const place = (at: Keys) => ({ path: pointer(at), ...placeOf(document, lines, at) });
  const wanted = wantedVariables(file).map(({ name, at }) => ({ name, ...place(at) }));
  const mentioned = mentions(document, lines);
  return {
    path,
    blob,
    services: Object.keys(services),
    images: imagesOf(services),
    profiles: profilesOf(services, place),
    externalVolumes: externalOnes(volumes, document, lines),
    ownVolumes: ownOnes(volumes),
    externalNetworks: externalOnes(networks, document, lines),
    ownNetworks: ownOnes(networks),
    variables: [...mentioned, ...wanted.filter(({ name }) => mentioned.every((each) => each.name !== name))],
    ports: portEntries(services, document, lines),
    containerNames: nameClaims(services, document, lines),
    needs: needsOf(file, document, lines),
    labels: composeLabels(document, lines),
    networkModes: networkModes(services),
  };
}

function imagesOf(services: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.keys(services).flatMap((name) => {
      const image = firstOf(partsOf(services, name), 'image')?.value;
      return typeof image === 'string' ? [[name, image]] : [];
    }),
  );
}

function profilesOf(services: Fields, place: (at: Keys) => Omit<ComposeMention, 'name'>): Compose['profiles'] {
  return Object.fromEntries(
    Object.keys(services).flatMap((name) => {
      const entries = entriesOf(partsOf(services, name), 'profiles');
      const [first] = entries;
      if (first === undefined) return [];
      return [[name, { names: entries.map(({ value }) => String(value)), ...place(first.at.slice(0, -1)) }]];
    }),
  );
}

function networkModes(services: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.keys(services).flatMap((name) => {
      const mode = firstOf(partsOf(services, name), 'network_mode')?.value;
      return typeof mode === 'string' ? [[name, mode]] : [];
    }),
  );
}

/** Variables in values; compose does not interpolate keys. */
function mentions(document: Document.Parsed, lines: LineCounter): ComposeMention[] {
  const found = new Map<string, ComposeMention>();
  eachNode(document.contents, (node, at) => {
    if (!isScalar(node) || typeof node.value !== 'string') return;
    for (const name of unsetMentions(node.value)) {
      if (!found.has(name)) found.set(name, { name, path: pointer(at), ...positionOf(lines, node.range?.[0]) });
    }
  });
  return [...found.values()];
}

/** PLAINTEXT_SECRET: readable for everybody with access to the repository. */
function literalSecrets(path: string, document: Document.Parsed, lines: LineCounter): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  eachNode(document.contents, (node, at) => {
    if (!isScalar(node) || (typeof node.value !== 'string' && typeof node.value !== 'number')) return;
    const what = composeSecret(pointer(at), String(node.value));
    if (what === null) return;
    const name = at.findLast((key) => typeof key === 'string') ?? 'value';
    const message = `"${name}" holds ${what}, in plain text`;
    const found = diagnostic(path, pointer(at), 'PLAINTEXT_SECRET', message, positionOf(lines, node.range?.[0]));
    diagnostics.push({ ...found, hint: COMPOSE_HINT });
  });
  return diagnostics;
}

const COMPOSE_HINT =
  'Mention a variable in its place, and give the stack that variable with {"$secret": …} in its phoenix.json. Change the secret: it is known now.';

function repeatedKeys(path: string, document: Document.Parsed, lines: LineCounter): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  eachNode(document.contents, (node, at) => {
    if (!isMap(node)) return;
    const seen = new Set<unknown>();
    for (const { key } of node.items) {
      const name = isScalar(key) ? key.value : undefined;
      if (name === undefined || name === '<<') continue;
      if (seen.has(name)) {
        const position = positionOf(lines, isScalar(key) ? key.range?.[0] : undefined);
        diagnostics.push(
          diagnostic(
            path,
            pointer([...at, String(name)]),
            'DUPLICATE_KEY',
            `"${name}" stands twice in one map`,
            position,
          ),
        );
      }
      seen.add(name);
    }
  });
  return diagnostics;
}

function empty(path: string): ReadCompose {
  const problem = diagnostic(path, '', 'INVALID_VALUE', 'the file is empty', { line: 1, column: 1 });
  return { compose: undefined, diagnostics: [{ ...problem, hint: EMPTY_HINT }] };
}

function firstSentence(message: string): string {
  return (message.split('\n')[0] ?? message).slice(0, 200);
}

function refused(path: string, message: string, hint?: string): ReadCompose {
  const problem = diagnostic(path, '', 'SYNTAX', message, { line: 1, column: 1 });
  return { compose: undefined, diagnostics: [hint === undefined ? problem : { ...problem, hint }] };
}
