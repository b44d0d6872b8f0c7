// `phoenix lab`: runs a command with the programs of a simulated Proxmox host first on its PATH.
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { ageNearExpiry, createLab, LAB_PROGRAMS, setGuestState, startLabNetwork } from 'phoenix-lab/host';
import { labForgeLines } from '../../messages/setup/lab.ts';
import { openLabForge } from './lab-forge.ts';

/**
 * Makes the lab in `dir` where there is none, sets the states of guests, lets time pass for certificates, and runs a command in it:
 * the lab's programs come first on its PATH, and a Phoenix among what runs takes the lab for its local host, with files and all.
 * Signals are passed on to it.
 * With `forge`, a forge answers as long as the command runs, which has the settings of an agent for it in its environment.
 * @param options numbers of guests that are to run or not to run
 * @param command a program and its arguments; a shell when empty
 * @returns the command's exit code; 127 when there is no such program, 2 when a guest's number is none, a certificate is not there
 * or `dir` is a file
 */
export async function runLab(
  dir: string,
  options: { running?: readonly string[]; stopped?: readonly string[]; age?: readonly string[]; forge?: boolean },
  command: readonly string[],
): Promise<number> {
  const states = [
    ...(options.running ?? []).map((id) => [id, 'running'] as const),
    ...(options.stopped ?? []).map((id) => [id, 'stopped'] as const),
  ];
  const wrong = states.find(([id]) => !/^[1-9]\d{2,8}$/.test(id));
  if (wrong !== undefined) {
    process.stderr.write(`phoenix lab: '${wrong[0]}' is not the number of a guest (100 to 999999999)\n`);
    return 2;
  }
  const file = statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false;
  if (file) {
    process.stderr.write(`phoenix lab: ${dir} is not a folder\n`);
    return 2;
  }
  const [program = process.env.SHELL ?? '/bin/sh', ...args] = command;
  const path = [join(resolve(dir), 'bin'), process.env.PATH ?? ''].join(delimiter);
  if (!LAB_PROGRAMS.includes(program) && !isThere(program, path)) {
    process.stderr.write(`phoenix lab: there is no program '${program}', neither in the lab nor on this machine\n`);
    return 127;
  }
  createLab(dir);
  for (const [id, state] of states) setGuestState(dir, Number(id), state);
  const complaint = (options.age ?? []).map((path) => ageNearExpiry(dir, path)).find((each) => each !== null);
  if (complaint !== undefined) {
    process.stderr.write(`phoenix lab: ${complaint}\n`);
    return 2;
  }
  const forge = options.forge === true ? await startedForge(dir) : null;
  const network = await startLabNetwork(dir);
  const code = await new Promise<number>((settle) => {
    let child: ChildProcess | undefined;
    // Signal handlers are installed first, since the command may be stopped right after its start.
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      // A terminal sends SIGINT to the whole group.
      process.on(signal, () => {
        if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child?.kill(signal);
      });
    }
    child = spawn(program, args, {
      stdio: 'inherit',
      env: { ...process.env, ...forge?.settings, PATH: path, PHOENIX_LAB: resolve(dir) },
    });
    child.on('error', (error) => {
      process.stderr.write(`phoenix lab: cannot run '${program}': ${error.message}\n`);
      settle(127);
    });
    child.on('exit', (code, signal) => settle(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  await network.close();
  await forge?.close();
  return code;
}

/** Whether a program is found, as a shell would: looked at before the lab is created, so that a misspelt one leaves nothing behind. */
function isThere(program: string, path: string): boolean {
  const files = program.includes('/') ? [program] : path.split(delimiter).map((folder) => join(folder || '.', program));
  return files.some((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

/** Says on standard error where it answers: standard output belongs to the command. */
async function startedForge(dir: string) {
  const { forge, path, settings, agent } = await openLabForge(dir);
  const { PHOENIX_FORGE_TOKEN: token = '', REPOSITORY: pushUrl = forge.pushUrl } = settings;
  const page = forge.repositoryUrl.replace(/\.git$/, '');
  process.stderr.write(labForgeLines({ page, pushUrl, token, webhook: `${agent}/webhooks`, path }));
  return { settings, close: () => forge.close() };
}
