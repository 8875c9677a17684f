/** The data folder of a whole house that has ended. */
import { openHouse } from "../../commands/house/open_house.ts";
import { Operator, randomImage } from "../e2e/house.ts";

/** Runs a house on the folder, lets an operator do something, and ends it. */
export async function atHouse<T>(
  data: string,
  act: (operator: Operator) => Promise<T>,
): Promise<T> {
  const loopback = { host: "127.0.0.1", port: 0 };
  const house = await openHouse({
    data,
    http: loopback,
    mqtt: loopback,
    publicUrl: undefined,
    openArtifacts: false,
    deviceRequests: "deny",
  });
  try {
    return await act(new Operator(() => house.httpUrl, () => house.operator.token));
  } finally {
    await house.close();
  }
}

/** Two devices, two images of 10,000 and 20,000 bytes, and an order. */
export async function makeData(data: string): Promise<void> {
  await atHouse(data, async (operator) => {
    for (const id of ["pump-1", "pump-2"]) await operator.register(id);
    await operator.upload("1.0.0", randomImage(10_000));
    const checksum = await operator.upload("2.0.0", randomImage(20_000));
    await operator.order("pump-1", "2.0.0", checksum);
  });
}
