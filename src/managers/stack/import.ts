// Imports stacks of a Portainer server as folders of the config repo: the compose file, and its variables. Possible secrets become references, in the
// variables and in the compose file. Pure.

import { readCompose } from '../../compose/compose.ts';
import { pathSegment } from '../../config/schema/text.ts';
import type { BlobId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import { namesSecret, plainSecretsIn } from '../../model/secret-shapes.ts';
import type { Imported, LeftOver, NeededSecret } from '../importer.ts';
import { type HiddenSecret, withoutLiteralSecrets } from './import-compose.ts';
import { OWNER, REVISION } from './observe.ts';
import { faultInPortainer } from './rules/deployable.ts';

export interface FoundStack {
  readonly name: string;
  /** Portainer's type number: 1 for Swarm, 2 for compose, 3 for Kubernetes. */
  readonly type: number;
  /** Name of its environment. */
  readonly endpoint: string;
  /** In order, including secrets. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly file: { readonly text: string } | { readonly failure: string };
  /** It is deployed from a Git repository. */
  readonly followsGit: boolean;
}

export const STACK_OF_COMPOSE = 2;
const SCHEMA = '../../etc/schemas/stack.schema.json';
const WAY = 'production';

/** The folder of a stack, below the config root. */
function stackFolder(name: string): string {
  return `stacks/${name}`;
}

function stackFile(name: string): string {
  return `${stackFolder(name)}/phoenix.json`;
}

/** @param secretsFolder folder of the node with the files that references name */
export function writtenStacks(found: readonly FoundStack[], secretsFolder: string): Imported {
  const files: Record<string, JsonObject> = {};
  const texts: Record<string, string> = {};
  const secrets: NeededSecret[] = [];
  const left: LeftOver[] = [];
  for (const stack of found) {
    const { name } = stack;
    const why = whyNot(stack) ?? (stackFile(name) in files ? TWICE : null);
    const compose = why === null ? declarableCompose(stack) : { failure: why };
    if ('failure' in compose) {
      left.push({ what: `stack ${name} of ${stack.endpoint}`, why: compose.failure });
      continue;
    }
    const hidden = new Map(compose.hidden.map((one) => [one.variable, one]));
    const variables = [
      ...stack.variables.filter(([variable]) => variable !== OWNER && variable !== REVISION),
      ...compose.hidden.map(asPair),
    ].map(([variable, value]) => {
      const isSecret = hidden.has(variable) || looksSecret(variable, value);
      return { name: variable, value, reference: isSecret ? `file:${secretsFolder}/stack-${name}.${variable}` : null };
    });
    files[stackFile(name)] = stackJson(stack, variables);
    texts[`${stackFolder(name)}/docker-compose.yml`] = compose.text.endsWith('\n') ? compose.text : `${compose.text}\n`;
    for (const [index, variable] of variables.entries()) {
      if (variable.reference === null) continue;
      const place = hidden.get(variable.name);
      secrets.push({
        reference: variable.reference,
        for: `stack ${name}, variable ${variable.name}`,
        put: `What ${place === undefined ? `the stack has as ${variable.name} in Portainer` : `stood in its compose file as ${place.was}`}`,
        file: stackFile(name),
        path: `/environments/${WAY}/variables/${index}/value`,
      });
    }
  }
  return { files, texts, secrets, left };
}

/** A variable as it is written: by its value, or by a reference to a file of the node that is to hold it. */
interface WrittenVariable {
  readonly name: string;
  readonly value: string;
  /** Null for a value that is no secret. */
  readonly reference: string | null;
}

function stackJson({ endpoint, followsGit }: FoundStack, variables: readonly WrittenVariable[]): JsonObject {
  const list = variables.map(({ name, value, reference }) => ({
    name,
    value: reference === null ? value : { $secret: reference },
  }));
  return {
    $schema: SCHEMA,
    description: `Runs on ${endpoint}${followsGit ? ', where it follows a Git repository of its own' : ''}.`,
    environments: { [WAY]: list.length === 0 ? {} : { variables: list } },
  };
}

function looksSecret(variable: string, value: string): boolean {
  return namesSecret(variable) || plainSecretsIn(value).length > 0 || /[\r\n]/.test(value);
}

/** The compose file without the secrets that stand in it, and these; or why it cannot be declared. */
function declarableCompose(stack: FoundStack) {
  if ('failure' in stack.file) return stack.file;
  const compose = withoutLiteralSecrets(stack.file.text, new Set(stack.variables.map(([name]) => name)));
  if ('failure' in compose) return compose;
  const failure = whyNotDeployable(stack, compose.text);
  return failure === null ? compose : { failure };
}

const TWICE =
  'another environment has a stack of that name, which is written: two of one name cannot be declared apart';

function whyNot({ type, name }: FoundStack): string | null {
  if (type !== STACK_OF_COMPOSE)
    return 'only stacks of Docker Compose can be declared, and not those of Swarm or Kubernetes';
  return pathSegment.safeParse(name).success ? null : 'no folder can be called so';
}

/** Why its compose file would be refused: by the rules for stacks, or since a secret would get into the repository. */
function whyNotDeployable({ name, variables }: FoundStack, text: string): string | null {
  const read = readCompose(`${stackFolder(name)}/docker-compose.yml`, '' as BlobId, new TextEncoder().encode(text));
  const [fault] = read.diagnostics;
  if (fault !== undefined) return `its compose file, line ${fault.position?.line ?? 1}: ${fault.message}`;
  const known = { variables: variables.map(([variable, value]) => ({ name: variable, value, secret: false })) };
  for (const need of read.compose?.needs ?? []) {
    const needed = faultInPortainer(need, known);
    if (needed !== null) return `its compose file, line ${need.line}: ${needed.message}`;
  }
  return null;
}

function asPair({ variable, value }: HiddenSecret): readonly [string, string] {
  return [variable, value];
}
