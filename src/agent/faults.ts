// Records that something which Phoenix needs fails, and that it works again, for all processes and across restarts.

import { channelFault, faultOf, unexpectedFault } from '../messages/faults.ts';
import { fitText } from '../model/failure.ts';
import type { Fault, FaultSubject } from '../model/fault.ts';
import { hidePlainSecrets } from '../model/secret-shapes.ts';
import { type Context, isoNow } from './context.ts';
import { channelsInUse } from './notify/channels.ts';

const MAX_WHY_LENGTH = 600;

/** @param why the reason, with the remedy after its last `; `; null: it works */
export async function noteFault(
  { ledger, clock }: Pick<Context, 'ledger' | 'clock'>,
  subject: FaultSubject,
  why: string | null,
): Promise<void> {
  const record =
    why === null ? null : { since: isoNow({ clock }), why: fitText(hidePlainSecrets(why), MAX_WHY_LENGTH) };
  await ledger.noteFault(subject, record);
}

/** Runs periodic work. An error is recorded and thrown on; an end without one is the end of the fault. */
export async function noting<T>(
  context: Context,
  subject: FaultSubject,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work();
    await noteFault(context, subject, null);
    return result;
  } catch (error) {
    // Stopped work fails because of that. Where Redis is the cause, this cannot be recorded either.
    if (!signal.aborted) await noteFault(context, subject, unexpectedFault(messageOf(error))).catch(() => {});
    throw error;
  }
}

/** All faults but those of nodes and reports, which have records of their own. */
export async function faults(context: Context): Promise<readonly Fault[]> {
  const [recorded, channels] = await Promise.all([context.ledger.faults(), channelsInUse(context)]);
  return [
    ...[...recorded].map(([subject, record]) => faultOf(subject, record)),
    ...channels.flatMap(({ name, failing }) => (failing === null ? [] : [channelFault(name, failing)])),
  ];
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
