// The commands of a node over SSH: runs one, and waits until none runs for a target any more.

import { setTimeout as pause } from 'node:timers/promises';
import type { Content } from '../../model/action.ts';
import type { CommandResult, Host } from '../../ports/host.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import type { Redactor } from '../redact.ts';
import { captureText } from './capture.ts';
import { SETTLE_MS, sizeOf } from './local.ts';
import { endByMarks, isSettled, type Marks, openMarks } from './marks.ts';
import { describeEnd, openOutput } from './output.ts';
import type { ProgramEnd } from './program.ts';
import type { SshConnection } from './ssh-connection.ts';
import { sshFailure } from './ssh-failure.ts';
import { END_GROUP, GUARDED, RUN } from './ssh-scripts.ts';

/** A node, and how its scripts are run. */
export interface SshNode {
  /** Its name in Proxmox. */
  readonly node: string;
  /** `user@host`, as ssh takes it. */
  readonly target: string;
  readonly connection: SshConnection;
  readonly redactor: Redactor;
  /** Remote folder that stands for `/` in file operations; empty for the root. */
  readonly root: string;
  /** PATH on the node. */
  readonly searchPath: string;
}

/** Time that a script may take to say where it runs. */
const BEGIN_MS = 5_000;
const END_GROUP_MS = 15_000;

/** @param hide removes secrets from the output */
export function commandRunner(
  ssh: SshNode,
  contents: (content: Content) => Promise<Uint8Array>,
  hide: Redactor,
): Host['run'] {
  const { target, connection, root, searchPath } = ssh;
  return async (command, { target: changed, signal, onOutput, onWait } = {}) => {
    const marks = openMarks(onWait);
    const output = openOutput(hide, onOutput, marks.take);
    const { program, timeoutSeconds } = command;
    let end: ProgramEnd;
    try {
      const input = command.stdin && (await contents(command.stdin));
      const guard = changed === undefined ? [] : [root, changed, String(timeoutSeconds), sizeOf(input)];
      end = await connection.run({
        script: changed === undefined ? RUN : GUARDED,
        args: [marks.mark, searchPath, ...guard, program, ...command.args],
        input,
        timeoutMs: timeoutSeconds * 1000,
        signal,
        onStdout: output.stdout.write,
        onStderr: output.stderr.write,
        endElsewhere: () => endGroup(connection, marks.begun),
        over: marks.over,
      });
    } catch (error) {
      if (isOfHost(error)) throw error;
      return output.neverStarted(error);
    }
    const result = describeEnd(end, output);
    if (marks.reported() === undefined && end.ended === 'exited') {
      const refused = withoutItsMarks(ssh, end, result, marks, changed === undefined);
      if (refused !== null) return refused;
    }
    return endByMarks(result, marks, program, `ssh to ${target}: the connection failed or was lost`);
  };
}

/**
 * What it means that ssh ended and the script did not say how. Null: the command may have begun, so its end is unknown.
 *
 * @throws a class of `ports/host-failure.ts` when a repetition does no harm
 */
function withoutItsMarks(
  ssh: SshNode,
  { exit }: ProgramEnd,
  result: CommandResult,
  marks: Marks,
  isReading: boolean,
): CommandResult | null {
  const hasBegun = marks.group() !== undefined;
  const failure = sshFailure(ssh, exit, result.stderr);
  // A command that did not start cannot have changed anything; and reads can be repeated.
  if (failure !== null && (!hasBegun || isReading)) throw failure;
  // Something else answered, such as the forced command with a refusal.
  return failure === null && !hasBegun ? { ...result, exit: null, ended: 'killed' } : null;
}

export function settler(ssh: SshNode): Host['settle'] {
  const { node, connection, redactor, root, searchPath } = ssh;
  return async (changed, { signal, onWait } = {}) => {
    const marks = openMarks(onWait);
    const stderr = captureText({ redactor, limit: 4096, take: marks.take });
    const { exit } = await connection.run({
      script: GUARDED,
      args: [marks.mark, searchPath, root, changed, '0', ''],
      input: undefined,
      timeoutMs: SETTLE_MS,
      signal,
      onStdout: () => {},
      onStderr: stderr.write,
      endElsewhere: () => endGroup(connection, marks.begun),
    });
    if (isSettled(marks) || signal?.aborted) return;
    const why = stderr.end().trim();
    throw sshFailure(ssh, exit, why) ?? new Error(`${node}: cannot see what runs for ${changed}: ${why}`);
  };
}

/** Ends a script's process group. Waits for a script that is just starting: it could not be ended later. */
async function endGroup(connection: SshConnection, begun: Promise<number>): Promise<void> {
  const group = await Promise.race([begun, pause(BEGIN_MS)]);
  if (group === undefined) return;
  const nothing = (): void => {};
  const call = { input: undefined, timeoutMs: END_GROUP_MS, signal: undefined, onStdout: nothing, onStderr: nothing };
  await connection.run({ ...call, script: END_GROUP, args: [String(group)] });
}
