//! Histories written to real run folders, and what the judge says of them.

#[cfg(test)]
mod accounting;
#[cfg(test)]
mod comparing;
#[cfg(test)]
mod dice;
#[cfg(test)]
mod durable;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod goals;
#[cfg(test)]
mod grounds;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod order;
#[cfg(test)]
mod personas;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod propagation;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod series;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tiers;
#[cfg(test)]
mod trend;
#[cfg(test)]
mod unknown;
#[cfg(test)]
mod visible;
#[cfg(test)]
mod world;
