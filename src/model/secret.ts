// A secret that cannot be printed by accident: the text is only available through an explicit call, so every use can be found.

const SHOWN = '‹secret›';

export interface Secret {
  /** The text itself. Never put it into an argument, a message, a log line or a job. */
  expose(): string;
  toString(): string;
  toJSON(): string;
}

/** Wraps a text so that string conversion, JSON and Node's `inspect` show `‹secret›`. */
export function secret(text: string): Secret {
  const show = () => SHOWN;
  return Object.freeze({
    expose: () => text,
    toString: show,
    toJSON: show,
    [Symbol.for('nodejs.util.inspect.custom')]: show,
  });
}
