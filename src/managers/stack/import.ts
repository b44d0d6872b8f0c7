// Imports stacks of a Portainer server as folders of the config repo: the compose file, and its variables. Possible secrets become references, in the
// variables and in the compose file. Pure.

import { readCompose } from '../../compose/compose.ts';
import { pathSegment } from '../../config/schema/text.ts';
import type { BlobId } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
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

/** @param secretsFolder folder of the node with the files that references name */
export function writtenStacks(found: readonly FoundStack[], secretsFolder: string): Imported {
  const files: Record<string, JsonObject> = {};
  const texts: Record<string, string> = {};
  const secrets: NeededSecret[] = [];
  const left: LeftOver[] = [];
  for (const stack of found) {
    const what = `stack ${stack.name} of ${stack.endpoint}`;
    const folder = stackFolder(stack.name);
    const why = whyNot(stack) ?? (folder in texts || `${folder}/phoenix.json` in files ? TWICE : null);
    if (why !== null || 'failure' in stack.file) {
      left.push({ what, why: why ?? ('failure' in stack.file ? stack.file.failure : '') });
      continue;
    }
    const compose = withoutLiteralSecrets(stack.file.text, new Set(stack.variables.map(([name]) => name)));
    if ('failure' in compose) {
      left.push({ what, why: compose.failure });
      continue;
    }
    const faulty = whyNotDeployable(stack, compose.text);
    if (faulty !== null) {
      left.push({ what, why: faulty });
      continue;
    }
    const path = `${folder}/phoenix.json`;
    const variables = [
      ...stack.variables.filter(([name]) => name !== OWNER && name !== REVISION),
      ...compose.hidden.map(asPair),
    ];
    const hidden = new Map(compose.hidden.map((one) => [one.variable, one]));
    files[path] = {
      $schema: SCHEMA,
      description: `Runs on ${stack.endpoint}${stack.followsGit ? ', where it follows a Git repository of its own' : ''}.`,
      environments: {
        [WAY]:
          variables.length === 0
            ? {}
            : { variables: variables.map(([name, value]) => ({ name, value: written(name, value) })) },
      },
    };
    texts[`${folder}/docker-compose.yml`] = compose.text.endsWith('\n') ? compose.text : `${compose.text}\n`;
    for (const [index, [name, value]] of variables.entries()) {
      if (!isSecret(name, value)) continue;
      const place = hidden.get(name);
      secrets.push({
        reference: referenceOf(stack.name, name),
        for: `stack ${stack.name}, variable ${name}`,
        put: `What ${place === undefined ? `the stack has as ${name} in Portainer` : `stood in its compose file as ${place.was}`}`,
        file: path,
        path: `/environments/${WAY}/variables/${index}/value`,
      });
    }
    function written(name: string, value: string): Json {
      return isSecret(name, value) ? { $secret: referenceOf(stack.name, name) } : value;
    }
    function isSecret(name: string, value: string): boolean {
      return hidden.has(name) || namesSecret(name) || plainSecretsIn(value).length > 0 || /[\r\n]/.test(value);
    }
  }
  return { files, texts, secrets, left };

  function referenceOf(stack: string, variable: string): string {
    return `file:${secretsFolder}/stack-${stack}.${variable}`;
  }
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
