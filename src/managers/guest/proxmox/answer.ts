// Some programs exit with 0 whatever the command that they ran did. This turns their output into the result of that command.

import type { Command } from '../../../model/action.ts';
import type { CommandResult } from '../../../ports/host.ts';

/** The result of the inner command, where the output contains it; otherwise the result unchanged. */
export function readAnswer(command: Command, result: CommandResult): CommandResult {
  if (command.answer === undefined || result.ended !== 'exited' || result.exit !== 0) return result;
  if (command.answer === 'quiet') return result.stderr.trim() === '' ? result : { ...result, exit: 1 };
  if (command.answer === 'task') return isTaskError(result.stderr) ? { ...result, exit: 1 } : result;
  const answer = parseObject(result.stdout);
  if (answer === undefined)
    return { ...result, exit: 1, stderr: `${result.stderr}the guest agent's answer is no JSON` };
  const stdout = textOf(answer['out-data']);
  const stderr = textOf(answer['err-data']);
  if (answer['exited'] !== 1 && answer['exited'] !== true)
    return {
      ...result,
      exit: null,
      ended: 'timed out',
      stdout,
      stderr: `still running inside the guest as process ${textOf(answer['pid']) || '?'}\n${stderr}`,
    };
  const exit = typeof answer['exitcode'] === 'number' ? answer['exitcode'] : null;
  if (exit !== null) return { ...result, exit, stdout, stderr };
  return {
    ...result,
    exit: null,
    ended: 'killed',
    stdout,
    stderr: `ended by signal ${textOf(answer['signal'])}\n${stderr}`,
  };
}

/** Distinguishes an error from warnings, which a successful task prints there too. */
function isTaskError(stderr: string): boolean {
  return stderr.split('\n').some((line) => line.trim() !== '' && !/^(WARN|Task finished with \d+ warning)/.test(line));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
