// Portainer's error responses: a status, and a message with details as JSON.

export class PortainerRefusal extends Error {
  readonly status: number;
  readonly details: string;

  constructor(status: number, message: string, details = message) {
    super(message);
    this.status = status;
    this.details = details;
  }
}
