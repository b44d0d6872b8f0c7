// Sends mail by nodemailer, whose encodings ensure that no text of a message becomes a header. Loaded only when a channel needs it.

import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { ChannelSettings } from '../../model/channel-settings.ts';
import type { Message } from '../../model/notification.ts';
import type { ChannelAnswer } from '../../ports/notifications.ts';
import { certificateSentence } from '../authorities.ts';

type MailSettings = Extract<ChannelSettings, { readonly service: 'email' }>;

/** Time limits of each wait for the server, and of the whole mail: a server that says a little now and then would hold the others up for ever. */
const WITHIN_MS = 20_000;
const WHOLE_WITHIN_MS = 50_000;
const AGAIN_SECONDS = 30;

/** @param wholeWithinMs time limit for the whole mail */
export async function sendMail(
  { server, username, password, from, to }: MailSettings,
  message: Message,
  redact: (text: string) => string,
  wholeWithinMs = WHOLE_WITHIN_MS,
): Promise<ChannelAnswer> {
  const { protocol, hostname, port, host } = new URL(server);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password is never sent without TLS.
    requireTLS: username !== null && !secure,
    ...(username === null ? {} : { auth: { user: username, pass: password?.expose() ?? '' } }),
    connectionTimeout: WITHIN_MS,
    greetingTimeout: WITHIN_MS,
    socketTimeout: WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const signal = AbortSignal.timeout(wholeWithinMs);
  try {
    await transport.sendMail({ ...mailOf(message, from, to), signal });
    return { sent: true };
  } catch (error) {
    const reason = signal.aborted ? `took no mail within ${wholeWithinMs / 1000} seconds` : reasonOf(error);
    return { sent: false, why: `${host}: ${redact(reason.replace(/\s+/g, ' '))}`, retryAfterSeconds: AGAIN_SECONDS };
  } finally {
    transport.close();
  }
}

function reasonOf(error: unknown): string {
  return certificateSentence(error) ?? (error instanceof Error ? error.message : String(error));
}

/** The mail as one text, for a program that accepts mail on standard input. */
export async function mailText(message: Message, from: string, to: string): Promise<string> {
  return (await new MailComposer({ ...mailOf(message, from, [to]), newline: 'unix' }).compile().build()).toString(
    'utf8',
  );
}

/** The mail's id is derived from the message's, so that a mailbox can drop duplicates. */
function mailOf({ id, title, lines, url }: Message, from: string, to: readonly string[]) {
  const mark = createHash('sha256').update(id).digest('hex').slice(0, 32);
  return {
    from: { name: 'Phoenix', address: from },
    to: to.map((address) => ({ name: '', address })),
    subject: title,
    text: `${[...lines, ...(url === null ? [] : ['', url])].join('\n')}\n`,
    messageId: `<${mark}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
