// What a person can ask for by name: one row for each verb. The command line, the API, the planner, the worker and the reports read the
// row, and none of them asks for the verb's name. A new verb is a new row; what it does beside those that are there is a new value here.

import type { Impact } from './plan.ts';

/** What a step of the verb does to its target. */
type Work =
  /** Brings it to what the commit declares. */
  | 'converge'
  /** Changes whether it runs, whatever the commit declares. */
  | Power
  /** Destroys it, whatever the commit declares. */
  | 'destroy'
  /** Asks it how it is. */
  | 'check health';

export type Power = 'start' | 'stop' | 'restart';

/** Which targets a run is about, beside or in place of those that were named. */
type Scope =
  /** Those that were named, or all. */
  | 'named'
  /** They and what they need; all when none was named. */
  | 'with needs'
  /** They and what they need, of which nothing is there yet. */
  | 'missing, with needs'
  /** When none was named, the sections of the host that wait for no guest. */
  | 'host'
  /** When none was named, all that is made from what else is declared. */
  | 'derived'
  /** They and what they need that does not run. */
  | 'with stopped needs'
  /** They; what needs them and runs is in the way, or taken along. */
  | 'with running dependants'
  /** They; what needs them and is there is in the way, or taken along. */
  | 'with all dependants';

interface Common {
  readonly scope: Scope;
  /** How targets are named: at least one; none stands for all; `all` has to be said for all; none can be named; in words of its own. */
  readonly names: 'one or more' | 'any' | 'one or more, or all' | 'none' | 'all, or one stack';
  /** The plan depends on what is on the host at the moment. */
  readonly asksTheHost: boolean;
  /** What needs the targets is taken along when the person says so. */
  readonly cascades: boolean;
  /** Without a dry run, the command line shows first what would be done and asks. */
  readonly showsFirst: boolean;
  /** The word of that question. */
  readonly question?: string;
  /** For the command line: what it says of itself, an example, another spelling. */
  readonly description: string;
  readonly example: string;
  readonly alias?: string;
}

/** Brings targets to what the followed commit declares, as a push does. */
interface ConvergeVerb extends Common {
  readonly work: 'converge';
  /** Targets that carry no mark of Phoenix are taken over. */
  readonly adopts: boolean;
  /** Without named targets it brings everything to its commit, and the commit's policy takes force with it. */
  readonly bringsAll: boolean;
}

/** Changes or asks targets whatever the commit declares; it is planned for itself, and the targets may be declared no more. */
export interface ImperativeVerb extends Common {
  readonly work: Exclude<Work, 'converge'>;
  /** It changes nothing. */
  readonly looks: boolean;
  /** Only containers and VMs can be asked for it, and no templates. */
  readonly of: 'what can run' | 'what can run, no templates' | 'everything';
  /** How its steps are shown, in the order of needs or against it; `none`: no step waits for another. */
  readonly step: {
    readonly verb: 'update' | 'delete';
    /** Absent: what the target's kind says of its deletion. */
    readonly impact?: Impact;
    readonly order: 'needs first' | 'dependants first' | 'none';
  };
  /** Its good end proves that the target is gone; otherwise nothing about what is declared. */
  readonly proves: 'gone' | 'nothing';
  /** Whoever asks for it has approved it; otherwise approvals are asked for like for a commit. */
  readonly isApproval: boolean;
}

export type VerbRow = ConvergeVerb | ImperativeVerb;

const CONVERGES = {
  work: 'converge',
  adopts: false,
  bringsAll: false,
  asksTheHost: false,
  cascades: false,
  showsFirst: false,
} as const;
const SWITCHES = {
  looks: false,
  asksTheHost: true,
  cascades: false,
  showsFirst: false,
  names: 'one or more',
  proves: 'nothing',
  isApproval: true,
} as const;

/** In the order in which they are listed to a person. */
export const VERBS = {
  setup: {
    ...CONVERGES,
    scope: 'host',
    names: 'none',
    description: 'bring the host itself to what is declared',
    example: 'setup --dry-run',
  },
  create: {
    ...CONVERGES,
    scope: 'missing, with needs',
    names: 'one or more',
    asksTheHost: true,
    description: 'make targets that are not there, with what they need',
    example: 'create 101 1001 --wait',
  },
  converge: {
    ...CONVERGES,
    scope: 'with needs',
    names: 'any',
    bringsAll: true,
    description: 'bring targets, and what they need, to what is declared',
    example: 'converge lxc/101 --wait',
  },
  start: {
    ...SWITCHES,
    work: 'start',
    scope: 'with stopped needs',
    of: 'what can run, no templates',
    step: { verb: 'update', impact: 'live', order: 'needs first' },
    description: 'start guests, beginning with what they need',
    example: 'start 101 --wait',
  },
  stop: {
    ...SWITCHES,
    work: 'stop',
    scope: 'with running dependants',
    of: 'what can run',
    step: { verb: 'update', impact: 'restart', order: 'dependants first' },
    cascades: true,
    description: 'shut guests down',
    example: 'stop 103 --cascade --wait',
  },
  restart: {
    ...SWITCHES,
    work: 'restart',
    scope: 'named',
    of: 'what can run, no templates',
    step: { verb: 'update', impact: 'restart', order: 'needs first' },
    description: 'shut guests down and start them, and no others',
    example: 'restart 101 --wait',
  },
  delete: {
    ...SWITCHES,
    work: 'destroy',
    scope: 'with all dependants',
    of: 'everything',
    step: { verb: 'delete', order: 'dependants first' },
    cascades: true,
    showsFirst: true,
    question: 'Delete',
    proves: 'gone',
    isApproval: false,
    description: 'destroy guests, whatever is declared; volumes are kept',
    example: 'delete 105 --dry-run',
  },
  sync: {
    ...CONVERGES,
    scope: 'derived',
    names: 'all, or one stack',
    description: 'all that is derived from the guests, or one stack',
    example: 'sync stack qdrant_service to 1002',
  },
  'health-check': {
    ...SWITCHES,
    work: 'check health',
    looks: true,
    scope: 'named',
    names: 'any',
    of: 'everything',
    asksTheHost: false,
    // Asking one needs no answer of another.
    step: { verb: 'update', impact: 'live', order: 'none' },
    description: 'ask targets how they are, and change nothing',
    example: 'health-check 101 102',
  },
  letsgo: {
    ...CONVERGES,
    scope: 'named',
    names: 'none',
    bringsAll: true,
    description: 'bring up everything, in order',
    example: 'letsgo --wait',
    alias: 'LetsGo',
  },
  adopt: {
    ...CONVERGES,
    scope: 'named',
    names: 'one or more, or all',
    adopts: true,
    bringsAll: true,
    showsFirst: true,
    question: 'Adopt',
    description: 'take over what Phoenix did not make, as it is declared',
    example: 'adopt lxc/105 --wait',
  },
} as const satisfies Record<string, VerbRow>;

export type CommandVerb = keyof typeof VERBS;

export const COMMAND_VERBS = Object.keys(VERBS) as readonly CommandVerb[];

export function isCommandVerb(word: string): word is CommandVerb {
  return Object.hasOwn(VERBS, word);
}

/** Pushes, replays and looks of timers, which no verb asked for. */
const NO_VERB: ConvergeVerb = { ...VERBS.converge, scope: 'named' };

/** @param verb null or undefined for a run that no verb asked for */
export function verbRow(verb: CommandVerb | null | undefined): VerbRow {
  return verb == null ? NO_VERB : VERBS[verb];
}

/** The row of a verb that has a plan of its own; null for those that bring targets to what is declared. */
export function imperative(verb: CommandVerb | null | undefined): ImperativeVerb | null {
  const row = verbRow(verb);
  return row.work === 'converge' ? null : row;
}
