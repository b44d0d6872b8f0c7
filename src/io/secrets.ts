// Secrets by reference: read at the last moment, told to the redactor at once, and kept nowhere.

import { isAbsolute } from 'node:path';
import type { SecretReference } from '../model/action.ts';
import type { Redactor } from './redact.ts';

/** Reads a file of the node that the secret is for; undefined when there is none. */
export type ReadNodeFile = (path: string) => Promise<string | undefined>;

export interface Secrets {
  /**
   * The value of `env:NAME` of the agent, or of the file of `file:PATH` on the node without its last line break. Fails with what
   * to do, never with the value.
   */
  resolve(reference: SecretReference, readFile: ReadNodeFile): Promise<string>;
}

/** Phoenix's own keys are no business of the config repo: whoever may push there could read them in a guest. */
const OWN = /^(PHOENIX_(FORGE_TOKEN|WEBHOOK_SECRET|ADMIN_TOKEN|APP_KEY)(_FILE)?|REDIS_URL(_FILE)?)$/;

export function openSecrets(environment: Readonly<Record<string, string | undefined>>, redactor: Redactor): Secrets {
  return {
    async resolve({ $secret: reference }, readFile) {
      const value = await read(reference, environment, readFile);
      if (value === '') throw new Error(`the secret ${reference} is empty`);
      redactor.add(value);
      return value;
    },
  };
}

async function read(
  reference: string,
  environment: Readonly<Record<string, string | undefined>>,
  readFile: ReadNodeFile,
): Promise<string> {
  const [, scheme, name = ''] = /^(env|file):(.+)$/.exec(reference) ?? [];
  if (scheme === 'env') {
    if (OWN.test(name)) throw new Error(`the secret ${reference} is Phoenix’s own and is not given to a guest`);
    const value = environment[name];
    if (value === undefined)
      throw new Error(`the secret ${reference} is not set: put ${name} into the agent’s environment`);
    return value;
  }
  if (scheme === 'file') {
    if (!isAbsolute(name)) throw new Error(`the secret ${reference} must name an absolute path`);
    const text = await readFile(name).catch((error: NodeJS.ErrnoException) => {
      throw new Error(
        `the secret ${reference} cannot be read (${error.code ?? 'error'}): make the file readable for the agent`,
      );
    });
    if (text === undefined) throw new Error(`the secret ${reference} is not there: put the file onto the node`);
    return text.replace(/\r?\n$/, '');
  }
  throw new Error(`the secret reference ${JSON.stringify(reference)} must be env:NAME or file:/PATH`);
}
