// How the lab's programs say no: thrown where the rule is broken, turned into an answer in one place (call.ts).

/** A refusal in Proxmox's words; `parameters` names the options that are to blame, when the program lists them. */
export class Refusal extends Error {
  readonly parameters: Readonly<Record<string, string>> | undefined;

  constructor(message: string, parameters?: Readonly<Record<string, string>>) {
    super(message);
    this.parameters = parameters;
  }
}

/** Refuses with a sentence. */
export function refuse(message: string): never {
  throw new Refusal(message);
}

/** Refuses because of single parameters, which the program lists above its usage line. */
export function refuseParameters(parameters: Readonly<Record<string, string>>): never {
  const lines = Object.entries(parameters).map(([name, problem]) => `${name}: ${problem}`);
  throw new Refusal(['400 Parameter verification failed.', ...lines].join('\n'), parameters);
}

/** Runs a step for an option; a refusal is kept for it, `skip` leaves the change pending. */
export function attempt(
  errors: Record<string, string>,
  name: string,
  describe: (problem: string) => string,
  step: () => unknown,
): boolean {
  try {
    return step() !== 'skip';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    errors[name] = describe(error.message);
    return false;
  }
}
