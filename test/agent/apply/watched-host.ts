// An agent over boxes whose host records its calls, and answers some of them as the test says.

import type { CommandResult, Host } from '../../../src/ports/host.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import type { BoxHost } from '../../support/host/boxes.ts';
import { recordLog } from '../../support/log.ts';

interface WatchedHost {
  /** Calls of the host, those that only look and `settle` included. */
  calls: string[];
  /** What a call is answered with instead; undefined: as it is. Called before it is carried out. */
  instead: (line: string, run: () => Promise<CommandResult>) => Promise<CommandResult> | undefined;
  log: ReturnType<typeof recordLog>;
  readonly boxes: ReturnType<typeof useBoxAgent>;
}

/** Starts an agent with such a host before each test of a file. */
export function useWatchedHost(): WatchedHost {
  const anew = () => ({ calls: [], instead: () => undefined, log: recordLog() });
  const hostOf = (boxes: BoxHost): Host => ({
    ...boxes,
    async run(command, options) {
      const line = `box ${command.args.slice(0, 2).join(' ')}`;
      watched.calls.push(line);
      const run = () => boxes.run(command, options);
      return watched.instead(line, run) ?? run();
    },
    async settle(target) {
      watched.calls.push(`settle ${target}`);
    },
  });
  const boxes = useBoxAgent(() => {
    Object.assign(watched, anew());
    return { hostOf, log: watched.log };
  });
  const watched: WatchedHost = { ...anew(), boxes };
  return watched;
}
