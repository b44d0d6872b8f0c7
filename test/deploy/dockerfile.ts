// Reads a Dockerfile as far as tests need it: its instructions, stage by stage.

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The stages in order, each from its FROM on. What comes before the first is left out. */
export function stagesOf(text: string): Instruction[][] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (word === 'FROM') stages.push([]);
    stages.at(-1)?.push({ word, rest });
  }
  return stages;
}

export function all(stage: readonly Instruction[], word: string): string[] {
  return stage.filter((each) => each.word === word).map(({ rest }) => rest);
}

/** Source and destination of what is copied from the build context. */
export function copies(stage: readonly Instruction[]): [from: string, to: string][] {
  const own = all(stage, 'COPY').filter((rest) => !rest.startsWith('--from='));
  return own.map((rest) => {
    const [from = '', to = ''] = rest.split(/\s+/);
    return [from, to.endsWith('/') ? `${to}${from}` : to];
  });
}

/** The variables of ENV. */
export function variables(stage: readonly Instruction[]): Record<string, string> {
  const pairs = all(stage, 'ENV').flatMap((rest) => rest.split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
