package star

import (
	"slices"
	"strings"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// Ask is the slot that a labelled question is for. Tasks are those that have it; where they are several, the question is
// put for the one that is queried next.
type Ask struct {
	Slot  string
	Tasks []string
}

// one is a slot of a single task, or of several that call it alike.
func one(slot string, tasks ...string) []Ask { return []Ask{{slot, tasks}} }

// Asks says which slot each question label is for. It holds names of the dataset only. Labels that are not here ask for no
// slot of any query (whether to book, to go on, to search again): they are questions under their own name.
var Asks = map[string][]Ask{
	"ask_name": {
		{"FullName", []string{"bank_balance", "bank_fraud_report"}},
		{"CustomerName", []string{"hotel_book", "hotel_service_request", "plane_book", "restaurant_book", "ride_book", "ride_change", "ride_status"}},
		{"PatientName", []string{"doctor_schedule", "doctor_followup"}},
		{"RenterName", []string{"apartment_schedule"}},
		{"UserName", []string{"meeting_schedule", "spaceship_access_codes"}},
		{"HostName", []string{"party_plan"}},
		{"GuestName", []string{"party_rsvp"}},
	},
	"ask_departure_location": {
		{"DepartureLocation", []string{"trip_directions", "ride_book"}},
		{"DepartureCity", []string{"plane_search"}},
	},

	"apartment_ask_apartment_name":       one("Name", "apartment_schedule"),
	"apartment_ask_application_fee_paid": one("ApplicationFeePaid", "apartment_schedule"),
	"apartment_ask_balcony":              one("HasBalcony", "apartment_search"),
	"apartment_ask_custom_message":       one("Message", "apartment_schedule"),
	"apartment_ask_day":                  one("Day", "apartment_schedule"),
	"apartment_ask_elevator":             one("HasElevator", "apartment_search"),
	"apartment_ask_floor":                one("Level", "apartment_search"),
	"apartment_ask_nearby_pois":          one("NearbyPOIs", "apartment_search"),
	"apartment_ask_num_bedrooms":         one("NumRooms", "apartment_search"),
	"apartment_ask_price":                one("Price", "apartment_search"),
	"apartment_ask_start_time":           one("StartTimeHour", "apartment_schedule"),

	"bank_ask_account_number":      one("AccountNumber", "bank_balance", "bank_fraud_report"),
	"bank_ask_childhood_pets_name": one("SecurityAnswer2", "bank_balance", "bank_fraud_report"),
	"bank_ask_dob":                 one("DateOfBirth", "bank_balance", "bank_fraud_report"),
	"bank_ask_fraud_details":       one("FraudReport", "bank_fraud_report"),
	"bank_ask_mothers_maiden_name": one("SecurityAnswer1", "bank_balance", "bank_fraud_report"),
	"bank_ask_pin":                 one("PIN", "bank_balance", "bank_fraud_report"),

	"doctor_ask_day":         one("Day", "doctor_schedule"),
	"doctor_ask_doctor_name": one("Name", "doctor_schedule", "doctor_followup"),
	"doctor_ask_start_time":  one("StartTimeHour", "doctor_schedule"),
	"doctor_ask_symptoms":    one("Symptoms", "doctor_schedule"),

	"hotel_ask_customer_request": one("CustomerRequest", "hotel_book"),
	"hotel_ask_date_from":        one("StartDate", "hotel_book"),
	"hotel_ask_date_to":          one("EndDate", "hotel_book"),
	"hotel_ask_hotel":            one("Name", "hotel_service_request"),
	"hotel_ask_location":         one("Location", "hotel_search"),
	"hotel_ask_name":             one("Name", "hotel_book"),
	"hotel_ask_price":            one("Cost", "hotel_search"),
	"hotel_ask_rating":           one("AverageRating", "hotel_search"),
	"hotel_ask_room_number":      one("RoomNumber", "hotel_service_request"),
	"hotel_ask_service_request":  one("CustomerRequest", "hotel_service_request"),
	"hotel_ask_time":             one("Time", "hotel_service_request"),

	"meeting_ask_day":        one("Day", "meeting_schedule"),
	"meeting_ask_end_time":   one("EndTimeHour", "meeting_schedule"),
	"meeting_ask_guest_name": one("Name", "meeting_schedule"),
	"meeting_ask_reason":     one("MeetingReason", "meeting_schedule"),
	"meeting_ask_start_time": one("StartTimeHour", "meeting_schedule"),

	"party_ask_arrival_time":         one("ArrivalTime", "party_rsvp"),
	"party_ask_day":                  one("Day", "party_plan"),
	"party_ask_dietary_restrictions": one("DietaryRestrictions", "party_rsvp"),
	"party_ask_drinks":               one("DrinksRequest", "party_plan"),
	"party_ask_food":                 one("FoodRequest", "party_plan"),
	"party_ask_host":                 one("HostName", "party_rsvp", "party_plan"),
	"party_ask_number_of_guests":     one("NumberGuests", "party_plan", "party_rsvp"),
	"party_ask_parking_needed":       one("NeedParking", "party_rsvp"),
	"party_ask_starting_time":        one("StartTimeHour", "party_plan"),
	"party_ask_venue":                one("Name", "party_plan", "party_rsvp"),

	"plane_ask_arrival_city": one("ArrivalCity", "plane_search"),
	"plane_ask_date":         one("Date", "plane_search"),
	"plane_ask_flight_id":    one("id", "plane_book"),

	"restaurant_ask_delivery":           one("DoesDelivery", "restaurant_search"),
	"restaurant_ask_food_type":          one("Food", "restaurant_search"),
	"restaurant_ask_location":           one("Location", "restaurant_search"),
	"restaurant_ask_rating":             one("AverageRating", "restaurant_search"),
	"restaurant_ask_restaurant":         one("Name", "restaurant_book"),
	"restaurant_ask_size":               one("PartySize", "restaurant_book"),
	"restaurant_ask_takes_reservations": one("TakesReservations", "restaurant_search"),
	"restaurant_ask_time":               one("Time", "restaurant_book"),

	"ride_ask_booking_number": one("id", "ride_change", "ride_status"),
	"ride_ask_change":         one("ChangeDescription", "ride_change"),
	"ride_ask_departure":      one("DepartureLocation", "ride_book"),
	"ride_ask_destination":    one("ArrivalLocation", "ride_book"),

	"spaceship_ask_code":                one("Code", "spaceship_access_codes"),
	"spaceship_ask_code_type":           one("CodeType", "spaceship_access_codes"),
	"spaceship_ask_colour_second_cable": one("ColorOfSecondCable", "spaceship_life_support"),
	"spaceship_ask_colour_top_cable":    one("ColorOfTopCable", "spaceship_life_support"),
	"spaceship_ask_lock_manufacturer":   one("LockManufacturer", "spaceship_life_support"),
	"spaceship_ask_rank":                one("UserRank", "spaceship_access_codes"),

	"trip_ask_arrival_location": one("ArrivalLocation", "trip_directions"),
	"trip_ask_departure_time":   one("DepartureTime", "trip_directions"),
	"trip_ask_travel_mode":      one("TravelMode", "trip_directions"),

	"trivia_ask_question_number": one("QuestionNum", "trivia"),

	"weather_ask_day":      one("Day", "weather"),
	"weather_ask_location": one("City", "weather"),
}

// isQuestion tells a label that asks: "ask" is one of its words.
func isQuestion(label string) bool {
	return slices.Contains(strings.Split(label, "_"), "ask")
}

// question returns what the event i asks for.
func (b *builder) question(i int) dialogue.Question {
	e := b.events[i]
	q := dialogue.Question{Slot: e.ActionLabel, Prompt: e.Text}
	slots, ok := Asks[e.ActionLabel]
	if !ok {
		q.Scope = b.nearest(i, nil)
		if strings.Contains(e.ActionLabel, "_ask_confirm") || strings.HasSuffix(e.ActionLabel, "_proceed") {
			q.Purpose = dialogue.Confirm
		}
		return q
	}
	var tasks []string
	for _, a := range slots {
		tasks = append(tasks, a.Tasks...)
	}
	q.Slot, q.Scope = slots[0].Slot, b.nearest(i, tasks)
	for _, a := range slots {
		if slices.Contains(a.Tasks, q.Scope) {
			q.Slot = a.Slot
		}
	}
	if secrets[q.Slot] {
		q.Purpose = dialogue.Verify
	}
	return q
}

// nearest returns the task for which the question i is put: the next of the tasks that is queried, or else the last that
// was, or else the first of them. Without tasks, any counts.
func (b *builder) nearest(i int, tasks []string) string {
	if len(tasks) == 1 {
		return tasks[0]
	}
	matches := func(e event) bool {
		return e.isQuery() && (len(tasks) == 0 || slices.Contains(tasks, e.APIName))
	}
	for _, e := range b.events[i:] {
		if matches(e) {
			return e.APIName
		}
	}
	for _, e := range slices.Backward(b.events[:i]) {
		if matches(e) {
			return e.APIName
		}
	}
	if len(tasks) == 0 {
		return ""
	}
	return tasks[0]
}
