// Sends a request to a service: limited in time and response size, without following redirects. Errors name only the server, since the rest of the
// URL may be a secret.

import type { ChannelAnswer } from '../../ports/notifications.ts';
import { certificateSentence } from '../authorities.ts';
import type { ChannelRequest } from './requests.ts';

const WITHIN_MS = 15_000;
/** Maximum length of a quoted error response, in characters. */
const MAX_CHARACTERS = 200;
const MAX_BYTES = 4_096;
const AGAIN_SECONDS = 1;

/** @param redact redacts secrets, since a service may echo what it was sent */
export async function sendRequest(
  { method, url, headers, body }: ChannelRequest,
  redact: (text: string) => string,
): Promise<ChannelAnswer> {
  const { host } = new URL(url);
  const later = (why: string, seconds = AGAIN_SECONDS): ChannelAnswer => {
    return { sent: false, why: `${host} ${redact(why)}`, retryAfterSeconds: seconds };
  };
  try {
    const answer = await fetch(url, {
      method,
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    // It is taken: a body that never ends would have it sent again.
    if (answer.ok) {
      await answer.body?.cancel();
      return { sent: true };
    }
    const said = await beginningOf(answer);
    const told = `answered ${answer.status}${said === '' ? '' : `: ${said}`}`;
    if (answer.status >= 300 && answer.status < 400)
      return later('sends on to another address, which is not followed; set the address that it is at');
    if (answer.status === 429 || answer.status === 503) return later(told, secondsToWait(answer.headers, said));
    // The URL, login or room may still be corrected: the message is kept and retried.
    return later(answer.status >= 500 ? told : `${told}; see the settings of the channel`);
  } catch (error) {
    return later(reasonOf(error));
  }
}

async function beginningOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let bytes = 0; reader !== undefined && bytes < MAX_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
  }
  await reader?.cancel();
  const text = new TextDecoder()
    .decode(Buffer.concat(parts))
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(';', ',')
    .trim();
  return text.slice(0, MAX_CHARACTERS);
}

/** The header in seconds or as a date (RFC 9110); homeservers of Matrix before 1.10 say it in the body alone. */
function secondsToWait(headers: Headers, said: string): number {
  const header = headers.get('retry-after') ?? '';
  if (/^\d{1,5}(?:\.\d+)?$/.test(header)) return Math.ceil(Number(header));
  const [, ms] = /"retry_after_ms"\s*:\s*(\d{1,8})/.exec(said) ?? [];
  const left = ms === undefined ? Date.parse(header) - Date.now() : Number(ms);
  return Number.isNaN(left) ? AGAIN_SECONDS : Math.max(AGAIN_SECONDS, Math.ceil(left / 1000));
}

function reasonOf(error: unknown): string {
  const certificate = certificateSentence(error);
  if (certificate !== null) return `cannot be trusted: ${certificate}`;
  if (error instanceof Error && error.name === 'TimeoutError')
    return `did not answer within ${WITHIN_MS / 1000} seconds`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return `cannot be reached: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`;
}
