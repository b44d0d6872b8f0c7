// Has a certificate request on a node signed. Secrets that this needs, a provisioner's password or an account's key, are read at the last moment,
// registered for redaction immediately, and leave this process only as a signature.

import type { CertificateSigning, Command, FileWrite } from '../../../model/action.ts';
import type { CommandResult, SigningResult } from '../../../ports/host.ts';
import type { Redactor } from '../../redact.ts';
import type { Dial } from '../dial.ts';
import type { SendRequest } from '../request.ts';

export interface SigningDeps {
  readonly dial: Dial;
  readonly redactor: Redactor;
  readonly request: SendRequest;
  readonly run: (command: Command, options?: { readonly signal?: AbortSignal }) => Promise<CommandResult>;
  /** Like `run` without redaction: for output that only becomes a secret by being read. */
  readonly reveal: SigningDeps['run'];
  readonly readFile: (path: string) => Promise<string | undefined>;
  readonly writeFile: (write: FileWrite) => Promise<boolean>;
}

/** One signing in progress. */
export interface Signing extends SigningDeps {
  readonly asked: CertificateSigning;
  /** Content of the request. */
  readonly csr: string;
  /** Content of the authority's root certificate. */
  readonly root: string;
  readonly signal: AbortSignal;
}

export type Sign = (signing: CertificateSigning, options?: { readonly signal?: AbortSignal }) => Promise<SigningResult>;

export function signer(parts: SigningDeps): Sign {
  return async (asked, { signal } = {}) => {
    const started = performance.now();
    const limit = AbortSignal.timeout(asked.timeoutSeconds * 1000);
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const end = (failure: string | null): SigningResult => ({
      failure: failure === null ? null : parts.redactor.redact(failure),
      aborted: signal?.aborted ?? false,
      ms: performance.now() - started,
    });
    try {
      const signing = { ...parts, asked, signal: both, ...(await texts(parts, asked)) };
      const chain = await sign(signing);
      await parts.writeFile({
        kind: 'file',
        path: asked.certificate,
        content: { from: 'text', text: chain },
        mode: 0o644,
      });
      return end(null);
    } catch (error) {
      if (limit.aborted) return end(`${asked.authority} gave no certificate within ${asked.timeoutSeconds} s`);
      return end(withRemedy(error instanceof Error ? error.message : String(error)));
    }
  };
}

/** Loads the clients of authorities on demand: they are large, and most runs use none. */
async function sign(signing: Signing): Promise<string> {
  const { by } = signing.asked;
  if (by.kind === 'jwk') return (await import('./jwk.ts')).signByToken(signing, by);
  return (await import('./acme.ts')).signByAcme(signing, by);
}

async function texts(
  { readFile }: SigningDeps,
  { request, root }: CertificateSigning,
): Promise<Pick<Signing, 'csr' | 'root'>> {
  const [csr, pem] = await Promise.all([readFile(request), readFile(root)]);
  if (csr === undefined) throw new Error(`the certificate request ${request} is not there`);
  if (pem === undefined) throw new Error(`the authority’s root certificate ${root} is not there`);
  return { csr, root: pem };
}

const TOO_LONG = /(more|less) than the authorized (maximum|minimum) certificate duration/;

/** Adds a remedy to step-ca's message about durations. */
function withRemedy(message: string): string {
  if (!TOO_LONG.test(message)) return message;
  return `${message}; change "lifetime" of the certificate, or the authority’s claims in /etc/step-ca/config/ca.json`;
}

/** Reads a file inside a container, without its last line break. Errors say how it failed, and never contain the content. */
export async function readInside(
  { reveal, redactor, signal }: Signing,
  { container, path }: { readonly container: number; readonly path: string },
): Promise<string> {
  const args = ['exec', String(container), '--keep-env', '0', '--', 'cat', path];
  const result = await reveal({ kind: 'command', program: 'pct', args, timeoutSeconds: 60 }, { signal });
  const text = result.stdout.replace(/\r?\n$/, '');
  if (result.exit !== 0) {
    const why = result.stderr.trim() || result.ended;
    throw new Error(`container ${container} does not show ${path}: ${why}`);
  }
  if (text === '') throw new Error(`${path} of container ${container} is empty`);
  redactor.add(text);
  return text;
}
