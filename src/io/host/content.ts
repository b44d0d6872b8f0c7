// Resolves the content of a command's input or of a file, only when it is needed.

import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Content } from '../../model/action.ts';
import { dotenvValue } from '../../model/dotenv.ts';
import { SecretRefused } from '../../ports/host-failure.ts';
import type { Repository } from '../../ports/repository.ts';
import type { NodeFiles, Secrets } from '../secrets.ts';
import { composeText } from './compose-text.ts';

/** Errors name what is missing, and never contain a secret. Files of secrets are read on the node. */
export type ReadContent = (content: Content, files: NodeFiles) => Promise<Uint8Array>;

export interface ContentSources {
  readonly repository: Pick<Repository, 'blob'>;
  readonly secrets: Secrets;
  /** Phoenix's own folder, which holds `etc/features/`. */
  readonly product: string;
}

const SHIPPED = 'etc/features/';
/** Phoenix's own folder on the node. */
const KEPT = '/var/lib/phoenix/';

export function openContents({ repository, secrets, product }: ContentSources): ReadContent {
  async function read(content: Content, files: NodeFiles): Promise<Uint8Array> {
    switch (content.from) {
      case 'text':
        return Buffer.from(content.text);
      case 'blob':
        return repository.blob(content.blob);
      case 'node':
        return Buffer.from(await certificateOn(content.path, files));
      case 'fingerprint':
        return Buffer.from(fingerprintOf(await certificateOn(content.path, files)));
      case 'secret':
        return Buffer.from(withFingerprint(await secrets.resolve(content.secret, files), content));
      case 'kept':
        if (!normalize(content.path).startsWith(KEPT)) throw new Error(`${content.path} is not below ${KEPT}`);
        return Buffer.from(await secrets.kept(normalize(content.path), files));
      case 'shipped':
        if (!normalize(content.path).startsWith(SHIPPED)) throw new Error(`${content.path} is not below ${SHIPPED}`);
        return readFile(join(product, normalize(content.path)));
      case 'joined':
        return Buffer.concat(await Promise.all(content.parts.map((part) => read(part, files))));
      case 'variable':
        return Buffer.from(dotenvValue(Buffer.from(await read(content.value, files)).toString()));
      case 'compose':
        return Buffer.from(composeText(Buffer.from(await repository.blob(content.blob)).toString(), content));
      default:
        return content satisfies never;
    }
  }
  return read;
}

/**
 * The secret, if it holds the certificate that it should.
 * @throws SecretRefused with both fingerprints where its first certificate is another one, or it holds none
 */
export function withFingerprint(
  text: string,
  { secret, fingerprint }: Extract<Content, { readonly from: 'secret' }>,
): string {
  const found = fingerprint === undefined ? undefined : certificateIn(text)?.fingerprint256;
  if (found === fingerprint) return text;
  const holds = found === undefined ? 'holds no certificate' : `holds the certificate with the fingerprint ${found}`;
  throw new SecretRefused(
    `${secret.$secret} ${holds}, and declared is ${fingerprint}; correct one of them: nothing was changed`,
  );
}

function certificateIn(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

/** Only certificates may be sent elsewhere: not a key that is in a certificate's place. */
async function certificateOn(path: string, files: NodeFiles): Promise<string> {
  const text = await files.read(path);
  if (text === undefined) {
    throw new Error(`${path} is not on the node: section trust of the host puts the root of the authority there`);
  }
  try {
    return new X509Certificate(text).toString();
  } catch {
    throw new Error(`${path} of the node holds no certificate`);
  }
}

function fingerprintOf(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}
