fn main() {
    println!("{}", serde_json::to_string_pretty(&galapagos_crds::crd::evolution_job()).unwrap());
    println!("{}", serde_json::to_string_pretty(&galapagos_crds::crd::worker_pool()).unwrap());
}
