// A module to be imported by its address, as it is and as bundlers make chunks.
export class Sample {
  static readonly isHere = true;
}
export const whole = {Part: Sample};
